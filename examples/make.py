"""Makes the example files: an order export as Cafe24 gives it, and a refund list
as a person keeps it in Excel, with ten faults in it. Needs openpyxl."""

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

HEAD = "주문번호,품목별 주문번호,주문 상태,결제수단,총 결제금액(KRW),총 배송비(KRW),실제 환불금액,주문일시,결제일시(입금확인일),환불완료일,상품명,수량"


def amount(n):
    return 20000 + 1000 * (n - 100)


def number(n):
    return f"20261127-{n:07d}"


def orders():
    rows = [
        (11, 1, "배송 완료", "신용카드", 49900, 0, "09:12:03", "09:12:40", "", "면 티셔츠"),
        (11, 2, "배송완료", "신용카드", 49900, 0, "09:12:03", "09:12:40", "", "양말 3켤레"),
        (24, 1, "취소완료", "카드", 30000, 12000, "10:00:00", "", "2026-11-27 18:30:00", "모자"),
        (24, 2, "배송중", "카드", 30000, 12000, "10:00:00", "10:00:31", "", "장갑"),
        (37, 1, "반품완료", "신용카드,적립금", 25000, 26000, "11:20:00", "", "2026-11-27 21:00:00", "펭귄 컵"),
        (48, 1, "입금전 취소 - 관리자", "가상계좌", 18000, 0, "12:00:00", "", "", "목도리"),
        (52, 1, "입금전", "가상계좌", 9900, 0, "13:00:00", "", "", "손거울"),
        (66, 1, "배송완료", "네이버페이", 15500, 0, "14:10:00", "14:10:00", "", "머그"),
        (71, 1, "상품준비중", "카카오페이", 21000, 0, "15:00:00", "15:00:20", "", "에코백"),
        (83, 1, "배송중", "카드", 15000, 0, "15:30:00", "15:30:20", "", "꽃다발"),
        (98, 1, "반품완료", "카드", 45000, 45000, "16:00:00", "16:00:20", "2026-11-27 20:00:00", "담요"),
    ]
    for n in range(101, 126):
        rows.append((n, 1, "배송완료", "카드", amount(n), 0, f"14:{n % 60:02d}:00", f"14:{n % 60:02d}:30", "", "엽서 세트"))
    lines = [HEAD]
    for n, item, status, method, paid, back, ordered, at, given, name in rows:
        method = f'"{method}"' if "," in method else method
        lines.append(f'{number(n)},{number(n)}-{item:02d},{status},{method},"{paid:,}","3,000","{back:,}",2026-11-27 {ordered},'
                     f'{"2026-11-27 " + at if at else ""},{given},{name},1')
    with open("cafe24.csv", "wb") as f:
        f.write(("\r\n".join(lines) + "\r\n").encode("cp949"))


def refunds():
    rows = [  # order, amount, reason, ref; what is wrong with it
        (101, "전액", "단순 변심", None),
        (102, 5000, "부분 반품", "R-102"),
        (103, "3,000원", "배송 지연 보상", "R-103"),
        (104, "10.000", "부분 반품", "R-104"),  # ten, or ten thousand
        (105, "전액", "품절", None),
        (106, 4000, None, "R-106"),  # no reason
        (107, "1,500", "쿠폰 미적용", "R-107"),
        (999, "전액", "단순 변심", None),  # no such payment
        (108, "전액", "오배송", None),
        (109, 90000, "부분 반품", "R-109"),  # more than was paid
        (110, 2000, "파손", "R-110"),
        (111, 2500, "파손", None),  # a part without a ref
        (112, "전액", "단순 변심", None),
        (113, 3000, "부분 반품", "R-113"),  # the same ref
        (113, 4000, "부분 반품", "R-113"),  # twice
        (114, "6,000", "부분 반품", "R-114"),
        (115, "=1000*3", "부분 반품", "R-115"),  # a formula
        (116, "전액", "재고 없음", None),
        (98, "전액", "단순 변심", None),  # nothing is left
        (117, "7,000원", "부분 반품", "R-117"),
        (83, 5000, "일부 시듦", "R-083"),  # which part is tax-free
        (118, "전액", "단순 변심", None),
        (119, 1000, "쿠폰 미적용", "R-119"),
        (120, "전액", "오배송", None),
        (121, "8,000", "부분 반품", "R-121"),
    ]
    book = Workbook()
    sheet = book.active
    sheet.title = "환불요청"
    sheet["A1"] = "11월 28일 환불 요청"
    sheet["A1"].font = Font(name="맑은 고딕", size=16, bold=True, color="1F2A44")
    sheet.merge_cells("A1:F1")
    sheet["A2"] = "작성: 고객센터 김대사"
    head = ["순번", "주문번호", "환불금액(원)", "환불 사유", "참조번호", "담당"]
    thin = Side(style="thin", color="D5D9E2")
    for i, title in enumerate(head, 1):
        cell = sheet.cell(4, i, title)
        cell.font = Font(name="맑은 고딕", size=10, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="2B4C9B")
        cell.alignment = Alignment(horizontal="center", vertical="center")
    for i, (n, money, reason, ref) in enumerate(rows, 1):
        for column, value in enumerate([i, number(n), money, reason, ref, "김" if i % 2 else "이"], 1):
            cell = sheet.cell(4 + i, column, value)
            cell.font = Font(name="맑은 고딕", size=10)
            cell.border = Border(left=thin, right=thin, top=thin, bottom=thin)
            if column == 3:
                cell.number_format = "#,##0"
                cell.alignment = Alignment(horizontal="right")
    for column, width in zip("ABCDEF", [6, 20, 14, 22, 12, 8]):
        sheet.column_dimensions[column].width = width
    sheet.row_dimensions[4].height = 24
    sheet.freeze_panes = "A5"
    sheet.auto_filter.ref = "A4:F29"
    memo = book.create_sheet("메모")
    memo["A1"] = "카드 환불은 3~5영업일 걸린다고 안내할 것"
    memo.column_dimensions["A"].width = 50
    book.save("refunds.xlsx")


orders()
refunds()
