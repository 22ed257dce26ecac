/* Writes the rows of bench/matched_test.go with libxlsxwriter: matched ROWS FILE */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <xlsxwriter.h>

static uint64_t state = 1;

static uint64_t draw(void) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return state >> 11;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    long rows = atol(argv[1]);
    static const char *heads[] = {"Merchant", "Order", "Payment key", "Method", "Currency", "Held, shop", "Held, Toss",
                                  "Shop status", "Toss status", "Ordered at", "Paid at", "Last cancelled at"};
    static const int widths[] = {14, 24, 28, 12, 7, 17, 17, 13, 13, 17, 17, 17};
    static const char *methods[] = {"Card", "Easy pay", "Transfer", "Virtual account"};
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    lxw_workbook *book = workbook_new_opt(argv[2], &options);
    lxw_worksheet *sheet = workbook_add_worksheet(book, "Matched");
    lxw_format *head = workbook_add_format(book), *text = workbook_add_format(book), *money = workbook_add_format(book), *moment = workbook_add_format(book);
    format_set_bold(head);
    format_set_num_format(text, "@");
    format_set_num_format(money, "#,##0");
    format_set_num_format(moment, "yyyy-mm-dd hh:mm");
    for (int i = 0; i < 12; i++) worksheet_set_column(sheet, i, i, widths[i], NULL);
    worksheet_freeze_panes(sheet, 1, 2);
    worksheet_autofilter(sheet, 0, 0, rows, 11);
    for (int i = 0; i < 12; i++) worksheet_write_string(sheet, 0, i, heads[i], head);
    for (long i = 0; i < rows; i++) {
        char order[32], key[40];
        snprintf(order, sizeof order, "20261121-%08ld", i);
        snprintf(key, sizeof key, "tgen_20261121%012" PRIx64, draw() % (1ULL << 48));
        double ordered = 46347.0 + (draw() % 80000) / 86400.0; /* 2026-11-21 in a workbook's calendar */
        double held = (draw() % 99000) * 10 + 1000;
        lxw_row_t r = i + 1;
        worksheet_write_string(sheet, r, 0, "tosspayments", text);
        worksheet_write_string(sheet, r, 1, order, text);
        worksheet_write_string(sheet, r, 2, key, text);
        worksheet_write_string(sheet, r, 3, methods[i % 4], text);
        worksheet_write_string(sheet, r, 4, "KRW", text);
        worksheet_write_number(sheet, r, 5, held, money);
        worksheet_write_number(sheet, r, 6, held, money);
        worksheet_write_string(sheet, r, 7, "paid", text);
        worksheet_write_string(sheet, r, 8, "DONE", text);
        worksheet_write_number(sheet, r, 9, ordered, moment);
        worksheet_write_number(sheet, r, 10, ordered + 60 / 86400.0, moment);
        worksheet_write_number(sheet, r, 11, ordered + 3600 / 86400.0, moment);
    }
    return workbook_close(book);
}
