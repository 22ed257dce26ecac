package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var shopPictures = flag.String("shop.pictures", "", "a folder to write pictures of the shop-demo to")

// TestShopPictures draws what docs/img shows of the shop-demo. It runs only where
// a folder is named: go test ./cmd/daesa -run ShopPictures -shop.pictures ../../docs/img.
func TestShopPictures(t *testing.T) {
	if *shopPictures == "" {
		t.Skip("no folder for pictures is named")
	}
	folder, err := filepath.Abs(*shopPictures)
	fine(t, err)
	t.Chdir(t.TempDir())
	g := openShopDemo(t, "daesa-shop")
	keep := func(name string) {
		t.Helper()
		fine(t, os.WriteFile(filepath.Join(folder, name), g.tab.Screenshot(), 0o600))
	}
	account := g.orders("", "VIRTUAL_ACCOUNT")
	g.orders("unchecked", "")
	g.presses(g.orders("", ""), "console-cancel")
	keep("shop-orders.png")
	g.presses(account, "deposit")
	g.becomes(account, "paid")
	g.tab.Click("#close-day")
	g.tab.Wait("#workbook")
	keep("shop-night.png")
	g.tab.Phone()
	g.tab.Go(g.shop + "/")
	keep("shop-phone.png")
	g.end()
}
