"""Decides about the breaks of a night's workbook as a finance person would, by
LibreOffice itself: chooses 환불 진행 for four and 기다림 for one, writes an owner,
sorts. It makes decided.xlsx, and unchecked.xlsx, of which the last column was
deleted; cmd/daesa/decided_test.go says how.

    soffice --headless --accept='socket,port=2002;urp;' --norestore &
    python3 decide.py drawn.xlsx decided.xlsx unchecked.xlsx   # needs python3-uno
"""
import os
import sys
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.table import TableSortField

DECISIONS = {"D-1": "환불 진행", "D-2": "환불 진행", "D-3": "환불 진행", "D-4": "환불 진행", "D-7": "환불 진행", "D-6": "기다림"}
OWNERS = {"D-5": "이정산"}


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
first = header + 1
last = first
while sheet.getCellByPosition(columns["주문번호"], last + 1).String:
    last += 1

field = TableSortField()
field.Field, field.IsAscending = columns["주문번호"], True
area = sheet.getCellRangeByPosition(0, first, max(columns.values()), last)
area.sort((prop("SortFields", uno.Any("[]com.sun.star.table.TableSortField", (field,))), prop("ContainsHeader", False)))

for row in range(first, last + 1):
    order = sheet.getCellByPosition(columns["주문번호"], row).String
    for label, chosen in (("결정", DECISIONS), ("담당자", OWNERS)):
        if order in chosen:
            sheet.getCellByPosition(columns[label], row).setFormula(chosen[order])


def save(path):
    document.storeToURL("file://" + os.path.abspath(path), (prop("FilterName", "Calc MS Excel 2007 XML"),))


save(sys.argv[2])
sheet.Columns.removeByIndex(columns["행 확인"], 1)
save(sys.argv[3])
document.close(True)
