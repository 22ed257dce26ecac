#!/bin/sh
# The buyers of examples/cafe24.csv pay at the pretend Toss (daesa sandbox).
set -e
API=${API:-http://127.0.0.1:7070}

pay() { # number, amount, more
    curl -sf "$API/sandbox/payments" -d "{\"orderId\":\"20261127-0000$1\",\"amount\":$2,\"at\":\"2026-11-27T17:00:00+09:00\"$3}"
}
key() { sed -n 's/.*"paymentKey": *"\([^"]*\)".*/\1/p' | head -n 1; }

pay 011 49900 > /dev/null
pay 024 30000 > /dev/null                             # the shop cancelled 12,000, Toss did not
cancelled=$(pay 037 25000 | key)
curl -sf "$API/sandbox/payments/$cancelled/cancel" -d '{"reason":"반품"}' > /dev/null
pay 071 21000 ',"method":"easy_pay"' > /dev/null
pay 083 15000 ',"taxFreeAmount":5000' > /dev/null
pay 099 12000 > /dev/null                             # of which the shop knows nothing
cancelled=$(pay 098 45000 | key)
curl -sf "$API/sandbox/payments/$cancelled/cancel" -d '{"reason":"반품"}' > /dev/null
for n in $(seq 101 125); do
    pay "$n" $((20000 + 1000 * (n - 100))) > /dev/null
done
echo "32 payments at $API"
