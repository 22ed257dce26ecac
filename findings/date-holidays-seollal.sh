#!/usr/bin/env bash
# Versions: date-holidays 3.37.0 (npm).
#
# date-holidays moves Seollal by a day, and with it every bank day around it.
#
# By law (관공서의 공휴일에 관한 규정, article 2) the day before Seollal, Seollal
# and the day after are holidays: 16 to 18 February 2026. npm's date-holidays
# 3.37.0 counts three days from Seollal on (its rule is "korean 1-0-01 P3D"), so
# that Monday the 16th is a working day to it and Thursday the 19th, on which
# banks work, a holiday. For Chuseok its rule begins on the day before, and is
# right. A payout that is due on the first bank day after 13 February 2026, a
# Friday, comes on the 19th; by date-holidays it is late from the 16th on.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund date-holidays@3.37.0 >/dev/null
cat >try.js <<'EOF'
const Holidays = require('date-holidays');
const korea = new Holidays('KR');
const off = day => !!korea.isHoliday(new Date(day + 'T12:00:00+09:00'));
for (const day of ['2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19', '2026-09-24', '2026-09-25'])
  console.log(day, off(day) ? 'holiday' : 'working day');
let day = new Date('2026-02-13T12:00:00+09:00');
const seoul = day => new Date(day.getTime() + 9 * 3600e3);
do day = new Date(day.getTime() + 86400e3);
while ([0, 6].includes(seoul(day).getUTCDay()) || korea.isHoliday(day));
console.log('the first bank day after 2026-02-13:', seoul(day).toISOString().slice(0, 10));
EOF
TZ=Asia/Seoul node try.js >seen
cat >expected <<'EOF'
2026-02-16 working day
2026-02-17 holiday
2026-02-18 holiday
2026-02-19 holiday
2026-09-24 holiday
2026-09-25 holiday
the first bank day after 2026-02-13: 2026-02-16
EOF
diff expected seen
echo "as described: date-holidays 3.37.0 has Seollal 2026 from the 17th to the 19th of February"
