package mail

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

// States of messages.
const (
	accepted = "accepted"
	refused  = "refused"
)

// Message is one message as the ledger shows it.
type Message struct {
	ID        int       `json:"id"`
	State     string    `json:"state"` // accepted or refused
	Reason    string    `json:"reason,omitempty"`
	MessageID string    `json:"message_id"`
	From      string    `json:"from"` // of the envelope
	To        []string  `json:"to"`
	Subject   string    `json:"subject"`
	Text      string    `json:"text"`
	HTML      string    `json:"html,omitempty"`
	Size      int       `json:"size"`
	Received  time.Time `json:"received_at"`
	Copies    int       `json:"copies"` // how often it arrived, 1 or more
}

// read takes a message apart, and says what is wrong with it; empty where nothing is.
func read(raw []byte) (m Message, why string) {
	m = Message{Size: len(raw), Received: time.Now().UTC().Truncate(time.Millisecond), Copies: 1, To: []string{}}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m, "it does not parse"
	}
	m.MessageID = strings.Trim(parsed.Header.Get("Message-Id"), "<> ")
	m.Subject = parsed.Header.Get("Subject")
	if plain, err := new(mime.WordDecoder).DecodeHeader(m.Subject); err == nil {
		m.Subject = plain
	}
	m.take(parsed.Header.Get("Content-Type"), parsed.Header.Get("Content-Transfer-Encoding"), parsed.Body)
	return m, check(parsed.Header)
}

// take looks for the text and the HTML form of a part, and of the parts in it.
func (m *Message) take(kind, encoding string, body io.Reader) {
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		media = "text/plain"
	}
	if strings.HasPrefix(media, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err != nil {
				return
			}
			m.take(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	content, _ := io.ReadAll(body) // what can be read is shown
	text := strings.ToValidUTF8(strings.ReplaceAll(string(content), "\r\n", "\n"), "\uFFFD")
	switch {
	case media == "text/html" && m.HTML == "":
		m.HTML = text
	case media == "text/plain" && m.Text == "":
		m.Text = text
	}
}
