package enrich

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"noctra/collector/internal/device"
	"noctra/schema"
)

func TestMachine(t *testing.T) {
	const headless = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36"
	x := &Enricher{Devices: device.NewParser(100)}
	check := func(via schema.Via, agent, addr, browser, class string, reasons ...string) {
		t.Helper()
		e := schema.Event{Via: via}
		x.machine(&e, agent, netip.MustParseAddr(addr))
		if e.Browser != browser || e.Device != class || !cmp.Equal(e.BotReasons, reasons) {
			t.Errorf("%q from %s: browser %q, device %q, bot %v; want %q, %q, %v", agent, addr, e.Browser, e.Device, e.BotReasons, browser, class, reasons)
		}
	}
	check(schema.ViaBrowser, headless, "91.12.7.1", "Headless Chrome", "bot", device.BotHeadless)
	check(schema.ViaBrowser, headless, "127.0.0.1", "Chrome", "desktop")
	check(schema.ViaBrowser, headless, "::1", "Chrome", "desktop")
	check(schema.ViaBrowser, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "127.0.0.1", "", "bot", device.BotCrawler)
	check(schema.ViaBrowser, "", "127.0.0.1", "", "bot", device.BotEmpty)
	check(schema.ViaServer, "", "127.0.0.1", "", "")
}
