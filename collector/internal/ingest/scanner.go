package ingest

import "unicode/utf8"

// maxNesting bounds how deep the scanner follows; deeper text is refused without looking on.
const maxNesting = 63

// scanner reads JSON by the letter of RFC 8259, without recursion and without making values.
// Strings whose content may not be stored do not stop it: their place is remembered, so that one
// bad text costs one event.
type scanner struct {
	data    []byte
	pos     int
	deepest int // nesting seen since the last reset
	bad     int // place of the first text that may not be stored, -1 for none
	tooDeep bool
}

func (s *scanner) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// value reads one value, white space before it included.
func (s *scanner) value() bool {
	depth, objects := 0, uint64(0) // bit i: the container at depth i is an object
	for {
		s.space()
		opened := false
		switch c := s.peek(); c {
		case '{', '[':
			if depth++; depth > maxNesting {
				s.tooDeep = true
				return false
			}
			s.deepest = max(s.deepest, depth)
			s.pos++
			objects &^= 1 << depth
			if c == '{' {
				objects |= 1 << depth
			}
			s.space()
			opened = s.peek() != c+2 // '}' and ']' stand two after their openers
			if opened && c == '{' && !s.key() {
				return false
			}
		default:
			if !s.scalar(c) {
				return false
			}
		}
		if opened {
			continue
		}
		if done, ok := s.after(&depth, objects); !ok || done {
			return ok
		}
	}
}

// after reads what follows a value: a comma, or the ends of containers.
func (s *scanner) after(depth *int, objects uint64) (done, ok bool) {
	for *depth > 0 {
		s.space()
		object := objects&(1<<*depth) != 0
		switch c := s.peek(); {
		case c == ',':
			s.pos++
			if object {
				s.space()
				return false, s.key()
			}
			return false, true
		case c == '}' && object, c == ']' && !object:
			s.pos++
			*depth--
		default:
			return false, false
		}
	}
	return true, true
}

func (s *scanner) key() bool {
	if s.peek() != '"' || !s.text() {
		return false
	}
	s.space()
	if s.peek() != ':' {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) scalar(c byte) bool {
	switch {
	case c == '"':
		return s.text()
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	}
	return false
}

func (s *scanner) literal(word string) bool {
	if len(s.data)-s.pos < len(word) || string(s.data[s.pos:s.pos+len(word)]) != word {
		return false
	}
	s.pos += len(word)
	return true
}

func (s *scanner) number() bool {
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if !s.digits() {
		return false
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return false
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

// text reads a string. It stands on the opening quote.
func (s *scanner) text() bool {
	data, i := s.data, s.pos+1
	for i < len(data) {
		c := data[i]
		if c == '"' {
			s.pos = i + 1
			return true
		}
		switch {
		case c == '\\':
			n := s.escape(i)
			if n == 0 {
				return false
			}
			i += n
		case c < ' ':
			s.mark(i)
			i++
		default:
			i++
		}
	}
	return false
}

// escape returns the length of the escape at i, 0 where the text ends within it. What stands for
// no character, or for NUL, is marked.
func (s *scanner) escape(i int) int {
	if i+1 >= len(s.data) {
		return 0
	}
	switch s.data[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
	default:
		s.mark(i)
		return 2
	}
	r, ok := s.hex(i + 2)
	switch {
	case !ok:
		s.mark(i)
		return 2
	case r == 0, r >= 0xdc00 && r < 0xe000:
		s.mark(i)
	case r >= 0xd800 && r < 0xdc00:
		if i+7 < len(s.data) && s.data[i+6] == '\\' && s.data[i+7] == 'u' {
			if low, ok := s.hex(i + 8); ok && low >= 0xdc00 && low < 0xe000 {
				return 12
			}
		}
		s.mark(i)
	}
	return 6
}

func (s *scanner) hex(i int) (r rune, ok bool) {
	if i+4 > len(s.data) {
		return 0, false
	}
	for _, c := range s.data[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

func (s *scanner) mark(i int) {
	if s.bad < 0 {
		s.bad = i
	}
}

// invalidUTF8 returns the place of the first byte that is no UTF-8, -1 for none.
func invalidUTF8(text []byte) int {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
