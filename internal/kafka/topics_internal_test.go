package kafka

import "testing"

func TestSettingSuffices(t *testing.T) {
	for _, c := range []struct {
		name, got, want string
		ok              bool
	}{
		{"retention.ms", "1000", "1000", true},
		{"retention.ms", "2000", "1000", true},
		{"retention.ms", "-1", "1000", true},
		{"retention.ms", "999", "1000", false},
		{"retention.ms", "1000", "-1", false},
		{"cleanup.policy", "delete", "delete", true},
		{"cleanup.policy", "compact", "delete", false},
		{"retention.bytes", "abc", "1", false},
	} {
		if got := settingSuffices(c.name, c.got, c.want); got != c.ok {
			t.Errorf("settingSuffices(%s, %s, %s) = %v, want %v", c.name, c.got, c.want, got, c.ok)
		}
	}
}
