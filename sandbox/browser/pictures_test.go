package browser_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"daesa/internal/browsertest"
)

var pictures = flag.String("browser.pictures", "", "a folder to write pictures of the widget and the window to")

// TestPictures draws what docs/img shows. It runs only where a folder is named:
// go test ./sandbox/browser -run Pictures -browser.pictures ../../docs/img.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("no folder for pictures is named")
	}
	keep := func(tab *browsertest.Tab, name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(*pictures, name), tab.Screenshot(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := openShop(t, v2Script, v2WidgetPage+`
document.querySelector('#pay').onclick = () => widgets.requestPayment({ ...order, ...addresses }).catch(refused);`)
	tab := s.visit()
	tab.Wait("[data-agreed=true]")
	tab.Click("#methods iframe", "[value=VIRTUAL_ACCOUNT]")
	keep(tab, "widget.png")
	tab.Phone()
	s.show(tab)
	tab.Wait("[data-agreed=true]")
	keep(tab, "widget-phone.png")
	tab.Click("#methods iframe", "[value=VIRTUAL_ACCOUNT]")
	tab.Click("#pay")
	tab.Wait(opened)
	keep(tab, "window-phone.png")
	s = openShop(t, v2Script, cardPage)
	tab = s.visit()
	tab.Click("#pay")
	tab.Wait(overlay, opened)
	keep(tab, "window.png")
}
