package admin

import (
	"encoding/base64"
	"strings"
)

// oddValues are JSON that somebody may send where something else belongs.
var oddValues = []string{
	`null`, `true`, `0`, `-1`, `1.5`, `1e309`, `-1e309`, `9223372036854775807`, `9223372036854775808`, `-9223372036854775809`, `123456789012345678901234567890`,
	`""`, `" "`, `"x"`, `"0"`, `"-1"`, `"1e9"`, `"9223372036854775808"`, `"\u0000"`, `"a\u0000b"`, `"\u0001\u001f"`, `"\n"`, `"\ud800"`, `"\udfff\ud800"`, `"\u202eabc"`, `"\ufeff"`,
	`"Ünïcödé 漢字 😀"`, "\"\xff\xfe\"", "\"\xc3\x28\"", `"' OR 1=1 --"`, `"<script>"`, `"../../etc/passwd"`, `"%00"`, `"${7*7}"`, `"{{7*7}}"`,
	`"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999Z"`, `"10000-01-01T00:00:00Z"`, `"2026-02-30T00:00:00Z"`, `"2026-03-01"`, `"2026-03-01T00:00:00+99:99"`, `"2016-12-31T23:59:60Z"`,
	`"a@b"`, `"a@b\u0000c"`, `"ü@exämple.example"`, `"a@\ud800.example"`, `"Europe/../UTC"`, `"Local"`, `"nst_x"`, `"nak_x"`,
	`"` + strings.Repeat("x", 101) + `"`, `"` + strings.Repeat("x", 5000) + `"`, `"` + strings.Repeat("😀", 300) + `"`,
	`[]`, `["x", "x"]`, `[1, "x"]`, `[` + strings.Repeat(`"x",`, 2000) + `"x"]`, strings.Repeat("[", 500) + strings.Repeat("]", 500),
	`{}`, `{"a": 1}`, `{"": null}`, `{"\u0000": 1}`, `{"$ref": "#"}`, strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300),
}

// oddBodies are bodies as a whole.
var oddBodies = []string{
	"", " ", "\x00", "{", "}", "[", "null", "true", "0", `""`, `"x"`, "[]", "{}", "[{}]", "nul", "{'a': 1}", `{"a": NaN}`, `{"a": 01}`, `{"a" 1}`, "{,}", "\xff\xfe", "a=1&b=2", "<a/>",
	"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--", strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 20_000), `{"name": "` + strings.Repeat("x", 1<<20) + `"}`,
}

// oddMedia are media types in which a body may be said to be.
var oddMedia = []string{
	"", "text/plain", "text/html", "application/xml", "application/cbor", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x",
	"application/json; charset=utf-16", "application/json;;;", "application/problem+json", "application/merge-patch+json", "APPLICATION/JSON", "*/*", "/", ";", "application/jsonx", "\xff",
}

// oddHeaders are headers that change what a request means.
var oddHeaders = [][2]string{
	{"Accept", "application/cbor"}, {"Accept", "application/xml"}, {"Accept", "text/html;q=0.9, */*;q=0"}, {"Accept", "\xff"}, {"Accept", ""}, {"Accept", "application/json;q=x"},
	{"Accept-Encoding", "gzip"}, {"Accept-Encoding", "identity;q=0"}, {"Accept-Language", "\xff"}, {"Content-Encoding", "gzip"}, {"Content-Encoding", "x"}, {"Range", "bytes=0-1"},
	{"Authorization", ""}, {"Authorization", "Bearer"}, {"Authorization", "Bearer "}, {"Authorization", "Basic eDp5"}, {"Authorization", "Bearer nak_" + strings.Repeat("x", 43)},
	{"Authorization", "Bearer nsk_" + strings.Repeat("x", 43)}, {"Authorization", "Bearer \xff"}, {"Authorization", "Bearer " + strings.Repeat("x", 20_000)},
	{"Cookie", "x"}, {"Cookie", "noctra_session_8080=" + strings.Repeat("x", 43)}, {"Cookie", "noctra_session_8080=\xff"}, {"Cookie", "noctra_device_8080=" + strings.Repeat("y", 43)},
	{"If-Match", ""}, {"If-Match", "x"}, {"If-Match", `"x"`}, {"If-Match", `W/"x", "y"`}, {"If-Match", `"`}, {"If-Match", ","}, {"If-Match", "\xff"}, {"If-Match", strings.Repeat("x", 300)}, {"If-None-Match", "*"},
	{"Idempotency-Key", "k"}, {"Idempotency-Key", " "}, {"Idempotency-Key", "\xff\xfe"}, {"Idempotency-Key", "ключ"}, {"Idempotency-Key", strings.Repeat("x", 256)},
	{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}, {"X-Forwarded-For", "\xff, 1.2.3"}, {"X-HTTP-Method-Override", "DELETE"},
	{"User-Agent", "\xff\xfe"}, {"User-Agent", strings.Repeat("x", 10_000)}, {"Expect", "100-continue"}, {"Prefer", "return=minimal"},
}

// oddWords are parts of addresses, as they are sent.
var oddWords = []string{
	"", "0", "-1", "+1", "01", "1.0", "1e3", "1001", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "abc", "true", "null", "NaN", "%00", "a%00b", "%ff", "%C3%28",
	"%E2%80%AE", "%F0%9F%98%80", "%20", "1%20OR%201=1", "'", "%22", "%0A", "%2F", "..%2F..", "%2E%2E", "1,2", "[]", "{}", "nst_", "nst_x", "nst_" + strings.Repeat("x", 60),
	strings.Repeat("9", 40), strings.Repeat("x", 3000), "2026-03-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "2026-03-01", "2026-13-01T00:00:00Z",
	"csv", "json", "xml", "hour", "7d", cursorOf("after 0"), cursorOf("after 5"), cursorOf("after -1"), cursorOf("after 9223372036854775807"), cursorOf("after 9223372036854775808"), cursorOf("after x"),
	cursorOf("after "), cursorOf("before 5"), cursorOf("after 5\x00"), cursorOf("after 5") + "==",
}

// oddQueries are whole queries.
var oddQueries = []string{"limit=%zz", ";", "&&", "=", "x", "x=1", "limit", "limit=1&limit=2", "limit[]=1", "%00=1", "a;b=c", "cursor=&cursor=", strings.Repeat("a=1&", 2000)}

func cursorOf(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
