#!/usr/bin/env bash
# Versions: @tosspayments/payment-sdk 1.9.3, @tosspayments/tosspayments-sdk 2.8.1, jsdom 22.1.0 (npm).
#
# Toss's loaders for its script versions 1 and 2 hand each other's script out.
#
# @tosspayments/payment-sdk 1.9.3 loads https://js.tosspayments.com/v1, and
# @tosspayments/tosspayments-sdk 2.8.1 loads https://js.tosspayments.com/v2/standard;
# both scripts define window.TossPayments, and both loaders look for that name
# before they load anything. On a page where version 1 is there already (an older
# part of a shop that moves to version 2), the loader of version 2 adds no script
# and resolves with version 1's object: its payment() and widgets() are missing,
# and the error comes only when the buyer pays. The other way round likewise.
#
# The page here is jsdom 22.1.0, the two scripts are stand-ins with the methods
# of the real ones: the loaders are what is tried.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @tosspayments/payment-sdk@1.9.3 @tosspayments/tosspayments-sdk@2.8.1 jsdom@22.1.0 >/dev/null
cat >try.js <<'EOF'
const {JSDOM} = require('jsdom');
const version = {
  1: () => ({requestPayment() {}, requestBillingAuth() {}}),
  2: () => ({payment() {}, widgets() {}}),
};
const loader = {1: '@tosspayments/payment-sdk', 2: '@tosspayments/tosspayments-sdk'};

(async () => {
  for (const [there, wanted] of [[1, 2], [2, 1]]) {
    const {window} = new JSDOM('<!doctype html><head></head>');
    Object.assign(global, {window, document: window.document});
    window.TossPayments = version[there];
    const toss = await require(loader[wanted]).loadTossPayments('test_ck_example');
    console.log(`version ${there} is there, version ${wanted} is asked for: ` +
      `scripts added ${document.querySelectorAll('script').length}, methods ${Object.keys(toss).join(' ')}`);
  }
})();
EOF
node try.js >seen
cat >expected <<'EOF'
version 1 is there, version 2 is asked for: scripts added 0, methods requestPayment requestBillingAuth
version 2 is there, version 1 is asked for: scripts added 0, methods payment widgets
EOF
diff expected seen
echo "as described: each loader takes the other version's window.TossPayments for its own"
