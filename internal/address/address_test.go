package address

import (
	"net/netip"
	"testing"
)

func TestClient(t *testing.T) {
	trusted, err := Parse([]string{"10.0.0.0/8", "127.0.0.1", "2001:db8::/32"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, remote, forwarded, xff, want string }{
		{"no header", "10.0.0.1", "", "", "10.0.0.1"},
		{"one hop", "10.0.0.1", "", "203.0.113.7", "203.0.113.7"},
		{"spoofed on the left", "10.0.0.1", "", "1.1.1.1, 203.0.113.7", "203.0.113.7"},
		{"two proxies", "127.0.0.1", "", "203.0.113.7, 10.2.3.4", "203.0.113.7"},
		{"mapped proxy", "::ffff:10.0.0.1", "", "203.0.113.7", "203.0.113.7"},
		{"header of a stranger", "203.0.113.9", "", "1.1.1.1", "203.0.113.9"},
		{"only proxies", "10.0.0.1", "", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
		{"garbage stops", "10.0.0.1", "", "1.1.1.1, unknown, 10.0.0.2", "10.0.0.2"},
		{"with port", "10.0.0.1", "", "203.0.113.7:4711", "203.0.113.7"},
		{"v6 with port", "10.0.0.1", "", "[2a00::1]:4711", "2a00::1"},
		{"v6 in brackets", "10.0.0.1", "", "[2a00::1]", "2a00::1"},
		{"forwarded wins", "10.0.0.1", `for=192.0.2.60;proto=http;by=10.0.0.9`, "1.1.1.1", "192.0.2.60"},
		{"forwarded v6", "10.0.0.1", `for=1.1.1.1, For="[2a00::2]:80"`, "", "2a00::2"},
		{"forwarded hidden", "10.0.0.1", `for=_secret`, "1.1.1.1", "10.0.0.1"},
	} {
		got := trusted.Client(netip.MustParseAddr(tc.remote), tc.forwarded, tc.xff)
		if got.String() != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	if got := (Proxies{}).Client(netip.MustParseAddr("127.0.0.1"), "", "1.1.1.1"); got.String() != "127.0.0.1" {
		t.Errorf("nobody trusted: %s", got)
	}
	for _, bad := range []string{"", "10.0.0.0/33", "proxy"} {
		if _, err := Parse([]string{bad}); err == nil {
			t.Errorf("Parse(%q) took it", bad)
		}
	}
}

func FuzzClient(f *testing.F) {
	f.Add(`for="[::1]:80"`, "1.1.1.1, 10.0.0.1")
	trusted, _ := Parse([]string{"0.0.0.0/1", "::/1"})
	remote := netip.MustParseAddr("10.0.0.1")
	f.Fuzz(func(t *testing.T, forwarded, xff string) {
		if got := trusted.Client(remote, forwarded, xff); !got.IsValid() || got.Zone() != "" {
			t.Fatalf("%v", got)
		}
	})
}
