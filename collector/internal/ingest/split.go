package ingest

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Span is the text of one event in a body. Code says what is already known to be wrong with it,
// empty for nothing; At is the place of a text that may not be stored, within the span.
type Span struct {
	Text []byte
	Code Code
	At   int
}

// Splitter cuts bodies into events. It may be used again, by one goroutine at a time.
type Splitter struct {
	limits Limits
	scan   scanner
	spans  []Span
	utf8   bool // the whole body is
}

// NewSplitter returns a Splitter that holds to limits.
func NewSplitter(limits Limits) *Splitter { return &Splitter{limits: limits} }

var bom = []byte("\xef\xbb\xbf")

// Split returns the events of body, one to each span, or why there are none. lines says that the
// sender declared one event per line; a body that is so anyway is recognised. Spans are parts of
// body and valid until the next call.
func (p *Splitter) Split(body []byte, lines bool) ([]Span, *Rejection) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, bom))
	p.spans, p.utf8 = p.spans[:0], utf8.Valid(body)
	if len(body) == 0 {
		return nil, &Rejection{Field: "body", Code: BodyEmpty, Message: "The request has no body; send an event, an array of events, or one event per line."}
	}
	if lines {
		return p.lines(body)
	}
	p.scan = scanner{data: body, bad: -1}
	var ok bool
	switch body[0] {
	case '[':
		ok = p.elements()
	case '{':
		ok = p.object()
	default:
		ok = p.element()
	}
	switch {
	case p.tooMany():
		return nil, p.refuseMany()
	case !ok && p.scan.tooDeep:
		return nil, &Rejection{Field: "body", Code: TooDeep, Message: fmt.Sprintf("The body is nested deeper than %d.", maxNesting)}
	case !ok:
		return nil, &Rejection{Field: "body", Code: BodyInvalid, Message: fmt.Sprintf("The body is not JSON: unexpected %s at byte %d.", found(body, p.scan.pos), p.scan.pos)}
	}
	end := p.scan.pos
	if p.scan.space(); p.scan.pos < len(body) {
		return p.rest(body, end)
	}
	return p.spans, nil
}

// rest decides about text behind the first value: more lines, or broken JSON.
func (p *Splitter) rest(body []byte, end int) ([]Span, *Rejection) {
	if body[0] == '{' && bytes.IndexByte(body[end:p.scan.pos], '\n') >= 0 {
		p.spans = p.spans[:0]
		return p.lines(body)
	}
	return nil, &Rejection{Field: "body", Code: BodyInvalid, Message: fmt.Sprintf("The body is not JSON: unexpected %s at byte %d, behind the first value.", found(body, p.scan.pos), p.scan.pos)}
}

func found(body []byte, at int) string {
	if at >= len(body) {
		return "end"
	}
	r, _ := utf8.DecodeRune(body[at:])
	return fmt.Sprintf("%q", r)
}

func (p *Splitter) tooMany() bool { return len(p.spans) > p.limits.Events }

func (p *Splitter) refuseMany() *Rejection {
	return &Rejection{Field: "body", Code: TooManyEvents, Message: fmt.Sprintf("The request has more than %d events; send them in several requests.", p.limits.Events)}
}

// lines takes each line that is not blank as an event. A line that is no JSON costs itself.
func (p *Splitter) lines(body []byte) ([]Span, *Rejection) {
	for len(body) > 0 {
		line := body
		if i := bytes.IndexByte(body, '\n'); i >= 0 {
			line, body = body[:i], body[i+1:]
		} else {
			body = nil
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		p.scan = scanner{data: line, bad: -1}
		ok := p.element()
		if p.scan.space(); !ok || p.scan.pos < len(line) {
			code := BodyInvalid
			if p.scan.tooDeep {
				code = TooDeep
			}
			if ok {
				p.spans = p.spans[:len(p.spans)-1]
			}
			p.spans = append(p.spans, Span{Text: line, Code: code, At: p.scan.pos})
		}
		if p.tooMany() {
			return nil, p.refuseMany()
		}
	}
	return p.spans, nil
}

// element reads one value as an event.
func (p *Splitter) element() bool {
	s := &p.scan
	s.space()
	start := s.pos
	s.deepest, s.bad = 0, -1
	if !s.value() {
		return false
	}
	p.add(start)
	return true
}

// add takes the text from start to here as an event.
func (p *Splitter) add(start int) {
	s := &p.scan
	span := Span{Text: s.data[start:s.pos]}
	if !p.utf8 {
		if i := invalidUTF8(span.Text); i >= 0 {
			s.mark(start + i)
		}
	}
	switch {
	case len(span.Text) > p.limits.EventBytes:
		span.Code = EventTooLarge
	case s.deepest > p.limits.Depth:
		span.Code = TooDeep
	case s.bad >= 0:
		span.Code, span.At = TextInvalid, s.bad-start
	}
	p.spans = append(p.spans, span)
}

// elements reads an array of events. It stands on the opening bracket.
func (p *Splitter) elements() bool {
	s := &p.scan
	s.pos++
	if s.space(); s.peek() == ']' {
		s.pos++
		return true
	}
	for p.element() {
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return true
		default:
			return false
		}
		if p.tooMany() {
			return true
		}
	}
	return false
}

// object reads an event, or an envelope with "events". It stands on the opening brace.
func (p *Splitter) object() bool {
	s := &p.scan
	start, envelope := s.pos, false
	s.deepest, s.bad = 0, -1
	s.pos++
	if s.space(); s.peek() == '}' {
		s.pos++
		p.add(start)
		return true
	}
	for {
		at := s.pos
		if !s.key() {
			return false
		}
		isEvents := bytes.HasPrefix(s.data[at:], []byte(`"events"`))
		s.space()
		if isEvents && !envelope && s.peek() == '[' {
			envelope = true
			if !p.elements() {
				return false
			}
		} else if !s.value() {
			return false
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
			s.space()
		case '}':
			s.pos++
			if !envelope {
				s.deepest++
				p.add(start)
			}
			return true
		default:
			return false
		}
		if p.tooMany() {
			return true
		}
	}
}

// fieldAt returns the name of the event's field that holds the byte at place at, body where it is
// in none. text is an event that the scanner took.
func fieldAt(text []byte, at int) string {
	s := scanner{data: text, bad: -1}
	s.space()
	if s.peek() != '{' {
		return "body"
	}
	for s.pos++; s.pos < len(text); s.pos++ {
		s.space()
		start := s.pos
		if s.peek() != '"' || !s.text() {
			return "body"
		}
		key := text[start+1 : s.pos-1]
		if s.space(); s.pos >= at || s.peek() != ':' {
			return "body"
		}
		s.pos++
		if !s.value() {
			return "body"
		}
		if s.pos > at {
			if name := string(key); knownField(name) {
				return name
			}
			return "body"
		}
		s.space()
	}
	return "body"
}
