// Asks this site for the public record of a tender: its dossier from the closing on, before that its disclosed entries.
// Only the tender's number goes out.

/** `{dossier}` as a File, `{served}` as entries, or `{absent: true}`. Throws where the site does not answer. */
export async function ask(tender) {
  const place = `/api/v1/tenders/${encodeURIComponent(tender)}`;
  const dossier = await fetch(`${place}/dossier`);
  if (dossier.ok) return { dossier: new File([await dossier.blob()], `${tender}.zip`) };
  const record = await fetch(`${place}/record`);
  if (record.status === 404) return { absent: true };
  if (!record.ok) throw new Error(`HTTP ${record.status}`);
  return { served: (await record.json()).items };
}
