"""Edits a night's workbook as a finance person would, by LibreOffice itself:
sorts and hides, moves a column, decides, writes notes, and tampers with two
rows. It makes returned.xlsx, which the tests of package reports read.

    go test ./reports -run TestDrawTheSamples -draw $PWD
    soffice --headless --accept='socket,port=2002;urp;' --norestore &
    python3 edit.py drawn.xlsx returned.xlsx     # needs python3-uno

gnumeric.xlsx is dollars.xlsx as Gnumeric saves it: ssconvert dollars.xlsx gnumeric.xlsx
"""
import os
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.table import CellAddress, CellRangeAddress, TableSortField


def prop(name, value):
    p = PropertyValue()
    p.Name, p.Value = name, value
    return p


def connect():
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(100):
        try:
            return resolver.resolve("uno:socket,host=localhost,port=2002;urp;StarOffice.ComponentContext")
        except Exception:
            time.sleep(0.2)
    raise SystemExit("no LibreOffice listens on port 2002")


context = connect()
desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
document = desktop.loadComponentFromURL("file://" + os.path.abspath(sys.argv[1]), "_blank", 0, (prop("Hidden", True),))
sheet = document.Sheets.getByName("불일치")

header = next(r for r in range(20) if sheet.getCellByPosition(0, r).String == "구분")
columns = {}
for c in range(40):
    label = sheet.getCellByPosition(c, header).String
    if label:
        columns[label] = c
first, last = header + 1, header + 1
while sheet.getCellByPosition(0, last + 1).String:
    last += 1


def cell(row, label):
    return sheet.getCellByPosition(columns[label], row)


def row_of(order):
    return next(r for r in range(first, last + 1) if cell(r, "주문번호").String == order)


# Sorted by the difference, the largest first.
field = TableSortField()
field.Field, field.IsAscending = columns["차이"], False
area = sheet.getCellRangeByPosition(0, first, len(columns) - 1, last)
area.sort((prop("SortFields", uno.Any("[]com.sun.star.table.TableSortField", (field,))), prop("ContainsHeader", False)))

# What a person decides and writes.
orders = [cell(r, "주문번호").String for r in range(first, last + 1)]
words = [("쇼핑몰 정정", "김재무", "주문 시스템에 반영 요청"), ("보류", "", ""), ("", "이정산", ""), ("", "", "=고객센터 확인 중"), ("소액 차이 종결", "이정산", "쿠폰 차액")]
chosen = sorted(orders)[: len(words)]
for order, (decision, owner, note) in zip(chosen, words):
    row = row_of(order)
    for label, text in (("결정", decision), ("담당자", owner), ("메모", note)):
        if text:
            cell(row, label).setFormula("'" + text if text.startswith("=") else text)

# Two rows are tampered with: an amount, and an order number.
tampered = sorted(orders)[len(words):len(words) + 2]
cell(row_of(tampered[0]), "쇼핑몰 주문").setValue(1)
row = row_of(tampered[1])
cell(row, "주문번호").setString("20991231-9999")
cell(row, "결정").setFormula("당사 주문 아님")

# A hidden column, and one that moves to the front.
sheet.Columns.getByIndex(columns["쇼핑몰 상태"]).IsVisible = False
sheet.Columns.insertByIndex(1, 1)
moved = columns["메모"] + 1
source = CellRangeAddress()
source.Sheet, source.StartColumn, source.EndColumn, source.StartRow, source.EndRow = sheet.RangeAddress.Sheet, moved, moved, header, last
target = CellAddress()
target.Sheet, target.Column, target.Row = sheet.RangeAddress.Sheet, 1, header
sheet.moveRange(target, source)

document.storeToURL("file://" + os.path.abspath(sys.argv[2]), (prop("FilterName", "Calc MS Excel 2007 XML"),))
document.close(True)
print("decided:", ", ".join(chosen))
print("tampered:", ", ".join(tampered))
