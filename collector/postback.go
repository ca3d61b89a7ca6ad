package collector

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/valyala/fasthttp"

	"noctra/collector/internal/ingest"
	"noctra/schema"
)

// postbackKey is the parameter by which partners show their key. It is no part of the event.
const postbackKey = "key"

const postbackPath = "/v1/postback"

// getPostback answers GET and POST /v1/postback: a partner reports a sale, or that one was taken back,
// in parameters of its own names. The same transaction again is the same event.
func (s *Service) getPostback(ctx *fasthttp.RequestCtx) {
	if ctx.IsHead() {
		plainText(ctx, 200, "ok\n")
		return
	}
	args := postbackArgs(ctx)
	w := s.acquire(ctx)
	ended := false
	defer func() {
		if !ended {
			s.settle(ctx, w)
		}
	}()
	partner, a := s.takePostback(ctx, w, args)
	if partner != nil && partner.PlainOK && a.status == 202 {
		plainText(ctx, 200, "ok")
	} else {
		w.answer = a.write(ctx, w.answer)
	}
	ended = true
	s.release(w)
}

// postbackArgs are the parameters of the address, and those of a form.
func postbackArgs(ctx *fasthttp.RequestCtx) *fasthttp.Args {
	args := ctx.QueryArgs()
	if ctx.IsPost() {
		for name, value := range ctx.PostArgs().All() {
			args.SetBytesKV(name, value)
		}
	}
	if key := args.Peek(postbackKey); len(key) > 0 && len(ctx.Request.Header.Peek(fasthttp.HeaderAuthorization)) == 0 {
		ctx.Request.Header.Set(fasthttp.HeaderAuthorization, string(bearer)+string(key))
	}
	args.Del(postbackKey)
	return args
}

// takePostback finds out who reports, and takes the event that it means.
func (s *Service) takePostback(ctx *fasthttp.RequestCtx, w *work, args *fasthttp.Args) (*schema.Postback, answerTo) {
	a := s.identifyPartner(ctx, w)
	w.request.Via = schema.ViaServer
	if a.status == 0 {
		a = s.admit(ctx, w, len(ctx.URI().QueryString()))
	}
	var partner *schema.Postback
	if a.status == 0 {
		partner, a = partnerOf(w, borrow(args.Peek("partner")))
	}
	if a.status == 0 {
		s.noteUse(w)
	}
	var event map[string]string
	if a.status == 0 {
		event, a = postbackEvent(partner, args)
	}
	switch {
	case a.status == 202: // nothing that is to be kept
		s.gate.leave(&w.turn)
		return partner, a
	case a.status != 0:
		return partner, s.refuse(w, a)
	}
	event["site"] = w.who.site.PublicKey
	body, err := json.Marshal(event)
	if err != nil {
		return partner, s.refuse(w, refusal(400, "body", ingest.TextInvalid, "The parameters are no text."))
	}
	w.answer = append(w.answer[:0], body...)
	return partner, s.take(w, w.answer, false)
}

// identifyPartner is identify for who has a key for postbacks.
func (s *Service) identifyPartner(ctx *fasthttp.RequestCtx, w *work) answerTo {
	if len(ctx.Request.Header.Peek(fasthttp.HeaderAuthorization)) == 0 {
		w.who = sender{sites: s.sites.Snapshot()}
		return refusal(401, "key", ingest.KeyUnknown, "Send a server key with the scope postback as key or in the Authorization header.")
	}
	if a := s.identify(ctx, w); a.status != 0 {
		return a
	}
	if a := s.verify(w, ctx.Request.Body()); a.status != 0 {
		return a
	}
	switch {
	case w.who.key == nil || !w.who.key.Postback:
		return refusal(403, "key", ingest.KeyScope, "The server key does not have the scope postback.")
	case w.who.site == nil:
		return refusal(400, "site", ingest.Required, "The key is for several sites; name one by its public key.")
	case w.who.site.Archived:
		return refusal(403, "site", ingest.SiteArchived, siteMessage(ingest.SiteArchived, w.who.site.PublicKey, &w.who))
	}
	return answerTo{}
}

func partnerOf(w *work, name string) (*schema.Postback, answerTo) {
	if name == "" {
		return nil, refusal(400, "partner", ingest.Required, "The partner is missing; name it as it is set up.")
	}
	for i := range w.who.site.Postbacks {
		if p := &w.who.site.Postbacks[i]; p.Name == name {
			return p, answerTo{}
		}
	}
	return nil, refusal(400, "partner", ingest.PartnerUnknown, "The site has no partner "+ingest.Quote(name)+".")
}

// postbackEvent makes an event out of a partner's parameters. A status that means nothing here is
// answered with 202, and nothing is taken.
func postbackEvent(p *schema.Postback, args *fasthttp.Args) (map[string]string, answerTo) {
	event := map[string]string{}
	for field, parameter := range p.Parameters {
		if value := args.Peek(parameter); len(value) > 0 {
			event[field] = string(value)
		}
	}
	transaction := event[schema.PostbackID]
	if transaction == "" {
		return nil, refusal(400, p.Parameters[schema.PostbackID], ingest.Required, "The number of the transaction is missing.")
	}
	event["type"] = schema.PostbackSale
	if parameter := p.Parameters[schema.PostbackStatus]; parameter != "" {
		status := event[schema.PostbackStatus]
		if status == "" {
			return nil, refusal(400, parameter, ingest.Required, "The status is missing.")
		}
		if event["type"] = p.Statuses[status]; event["type"] == "" {
			return nil, answerTo{status: 202}
		}
	}
	delete(event, schema.PostbackID)
	delete(event, schema.PostbackStatus)
	event["id"] = postbackID(p.Name, event["type"], transaction)
	if event["order_id"] == "" {
		event["order_id"] = transaction
	}
	if at := event["occurred_at"]; len(at) == 10 && digitsOnly(at) { // Unix seconds; milliseconds are known already
		event["occurred_at"] = at + "000"
	}
	return event, answerTo{}
}

// postbackID is the id of the event of a transaction: the same each time.
func postbackID(partner, kind, transaction string) string {
	prefix := "pb-"
	if kind == schema.PostbackRefund {
		prefix = "pbr-"
	}
	id := prefix + partner + "-" + transaction
	if schema.ValidID(id) {
		return id
	}
	sum := sha256.Sum256([]byte(transaction))
	return prefix + partner + "-" + hex.EncodeToString(sum[:])[:schema.MaxIDLength-len("pbr-")-longestPartner-1]
}

// longestPartner is how long names of partners are at most.
const longestPartner = 40

func digitsOnly(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
