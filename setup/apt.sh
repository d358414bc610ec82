#!/bin/sh
# setup/apt.sh PACKAGE...: sees that these Debian packages are there; installs them as root, else names the line to run.
set -eu

if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian or Ubuntu. Please see yourself that what these packages hold is there: $*" >&2
    exit 0
fi

missing=""
for package in "$@"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || status=absent
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "Some Debian packages are missing. Please run this line, then make again:" >&2
    echo "    sudo apt-get update && sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

echo "Installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # a list of words
apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 $missing </dev/null >/dev/null
