"""Writes the rows of bench/matched_test.go with XlsxWriter: matched.py ROWS FILE"""
import sys

import xlsxwriter

rows, path = int(sys.argv[1]), sys.argv[2]
heads = ["Merchant", "Order", "Payment key", "Method", "Currency", "Held, shop", "Held, Toss",
         "Shop status", "Toss status", "Ordered at", "Paid at", "Last cancelled at"]
widths = [14, 24, 28, 12, 7, 17, 17, 13, 13, 17, 17, 17]
methods = ["Card", "Easy pay", "Transfer", "Virtual account"]
state, mask = 1, (1 << 64) - 1

book = xlsxwriter.Workbook(path, {"constant_memory": True})
sheet = book.add_worksheet("Matched")
head = book.add_format({"bold": True})
text, money, moment = (book.add_format({"num_format": f}) for f in ("@", "#,##0", "yyyy-mm-dd hh:mm"))
for i, width in enumerate(widths):
    sheet.set_column(i, i, width)
sheet.freeze_panes(1, 2)
sheet.autofilter(0, 0, rows, 11)
for i, name in enumerate(heads):
    sheet.write_string(0, i, name, head)
for i in range(rows):
    drawn = []
    for _ in range(3):
        state = (state * 6364136223846793005 + 1442695040888963407) & mask
        drawn.append(state >> 11)
    ordered = 46347 + drawn[1] % 80000 / 86400  # 2026-11-21 in a workbook's calendar
    held = drawn[2] % 99000 * 10 + 1000
    r = i + 1
    sheet.write_string(r, 0, "tosspayments", text)
    sheet.write_string(r, 1, "20261121-%08d" % i, text)
    sheet.write_string(r, 2, "tgen_20261121%012x" % (drawn[0] % (1 << 48)), text)
    sheet.write_string(r, 3, methods[i % 4], text)
    sheet.write_string(r, 4, "KRW", text)
    sheet.write_number(r, 5, held, money)
    sheet.write_number(r, 6, held, money)
    sheet.write_string(r, 7, "paid", text)
    sheet.write_string(r, 8, "DONE", text)
    sheet.write_number(r, 9, ordered, moment)
    sheet.write_number(r, 10, ordered + 60 / 86400, moment)
    sheet.write_number(r, 11, ordered + 3600 / 86400, moment)
book.close()
