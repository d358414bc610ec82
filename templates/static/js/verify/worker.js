// The module worker: files in, report out, so that the page stays live. It asks no network.

import { recognised } from "./files.js";
import { Unreadable, shown } from "./findings.js";
import { verify } from "./verify.js";

function words(error) {
  if (error instanceof Unreadable) return { zh: error.zh, en: error.en };
  if (error.name === "NotReadableError") {
    return { zh: "文件在选择之后被改动或移走，请移除后重新选择", en: "it was changed or moved after it was chosen: remove it and choose it again" };
  }
  return { zh: `核验程序出错：${shown(error.message)}`, en: `the verifier failed: ${shown(error.message)}` };
}

async function answer({ files, served, sha256, bidderKeys }) {
  const given = { served, sha256, bidderKeys };
  const found = [];
  for (const file of files) {
    try {
      const one = await recognised(file);
      given[one.kind] = one.value;
      found.push(one.kind);
    } catch (error) {
      return { unreadable: words(error), name: file.name };
    }
  }
  postMessage({ found });
  const something = ["dossier", "receipt", "paper"].some((kind) => found.includes(kind)) || sha256 !== null;
  if (!something) return { wanting: true };
  try {
    return { report: await verify(given, (number, of) => postMessage({ number, of })) };
  } catch (error) {
    return { unreadable: words(error) };
  }
}

addEventListener("message", async ({ data }) => postMessage({ end: await answer(data) }));
