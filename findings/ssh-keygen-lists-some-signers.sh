#!/usr/bin/env bash
# Versions: OpenSSH 9.2p1, openssh-client 1:9.2p1-2+deb12u10 of Debian 12 (apt-get).
#
# ssh-keygen -l prints the fingerprints of the keys in a file, of authorized_keys as
# well, where options stand before a key. In an allowed_signers, from which ssh-keygen -Y
# verify takes who may sign, a name stands before the options, and such a line is passed
# over: nothing is printed of it, and the end is 0 where some other line could be read.
# A file whose every line has options is "not a public key file". So a list of who may
# sign, printed by its fingerprints, may lack exactly the keys that are bound to one
# purpose or one time. The keys alone, taken from the lines, are all printed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export LC_ALL=C

apt-get download -qq openssh-client=1:9.2p1-2+deb12u10 2>/dev/null
dpkg -x openssh-client_*.deb .
keygen=$folder/usr/bin/ssh-keygen

for name in one two; do "$keygen" -q -t ed25519 -N '' -C "$name" -f "$name"; done
key() { cut -d' ' -f1,2 "$1.pub"; }
echo "one@example.com $(key one)" >plain
echo "two@example.com namespaces=\"approval\",valid-before=\"20991231\" $(key two)" >bound
cat plain bound >both

# Both may sign.
for name in one two; do
  echo text | "$keygen" -q -Y sign -n approval -f "$name" >"$name.sig"
  echo text | "$keygen" -q -Y verify -f both -I "$name@example.com" -n approval -s "$name.sig"
done

listed() {
  local code=0
  "$keygen" -l -f "$1" 2>&1 | tr -d "\r" >out || code=$?
  echo "$1: $(grep -c SHA256: out || true) of $(wc -l <"$1") keys, code $code$(sed -n 's/.* is not a/, not a/p' out)"
}
{
  listed plain
  listed bound
  listed both
  sed -nE 's/.*[[:space:]]((sk-)?(ssh|ecdsa)-[^[:space:]]+ AAAA)/\1/p' both >keys
  listed keys
} | tee got
cat >want <<'EOT'
plain: 1 of 1 keys, code 0
bound: 0 of 1 keys, code 255, not a public key file.
both: 1 of 2 keys, code 0
keys: 2 of 2 keys, code 0
EOT
diff want got
