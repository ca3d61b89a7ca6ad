package ingest

import (
	"errors"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"

	"noctra/internal/pseudonym"
	"noctra/schema"
)

// trade reads what sales and refunds have. Other events may carry the fields; they say nothing
// there and are not kept.
func (d *Decoder) trade(in Context, draft *Draft) *Rejection {
	e, f := &draft.Event, &d.fields
	if e.Kind != schema.KindSale && e.Kind != schema.KindRefund {
		return nil
	}
	var r *Rejection
	if e.OrderID, r = d.word("order_id", f.orderID, maxOrderID); r != nil {
		return r
	}
	if e.OrderID == "" && e.Kind == schema.KindRefund {
		return d.reject("order_id", Required, "The order_id is missing; a refund names that of its sale.")
	}
	if f.amount == nil {
		return d.reject("amount", Required, "The amount is missing; a %s needs one.", e.Kind)
	}
	if e.Amount, r = d.money("amount", f.amount); r != nil {
		return r
	}
	if e.Currency, r = d.currency(in); r != nil {
		return r
	}
	if r = d.items(draft); r == nil && e.Kind == schema.KindSale && !in.Server {
		r = d.browserSale(in, e)
	}
	return r
}

// browserSale does with a sale that no server vouches for what the site says. One that is held has an
// id of its own, so that the server's report, which may have the same, is no repeat of it.
func (d *Decoder) browserSale(in Context, e *schema.Event) *Rejection {
	switch in.Site.SalesFromBrowsers {
	case schema.BrowserSalesRefuse:
		return d.reject("type", SaleFromBrowser, "The site takes sales with a server key only.")
	case schema.BrowserSalesHold:
		e.Kind = schema.KindHeldSale
		if e.ID != "" {
			e.ID = heldID(e.ID)
		}
	}
	return nil
}

const heldPrefix = "held:"

// heldID is the id of a held sale, the same for all copies of it.
func heldID(id string) string {
	if len(id) <= schema.MaxIDLength-len(heldPrefix) {
		return heldPrefix + id
	}
	return heldPrefix + pseudonym.Digest(id)[:schema.MaxIDLength-len(heldPrefix)]
}

func (d *Decoder) currency(in Context) (string, *Rejection) {
	v := d.fields.currency
	if v == nil {
		return in.Site.Currency, nil
	}
	s, ok := stringOf(v)
	if !ok {
		return "", d.reject("currency", WrongType, "The currency is %s, it has to be a string.", describe(v))
	}
	code := strings.ToUpper(s)
	if !schema.ValidCurrency(code) {
		return "", d.reject("currency", CurrencyUnknown, "The currency %s is no ISO 4217 code.", Quote(s))
	}
	return code, nil
}

// money reads an exact amount from a decimal string or from the digits of a number.
func (d *Decoder) money(field string, v *fastjson.Value) (schema.Micros, *Rejection) {
	switch v.Type() {
	case fastjson.TypeNumber:
		d.scratch = v.MarshalTo(d.scratch[:0])
	case fastjson.TypeString:
		s, _ := stringOf(v)
		d.scratch = append(d.scratch[:0], s...)
	default:
		return 0, d.reject(field, WrongType, "The %s is %s, it has to be a decimal number or string.", field, describe(v))
	}
	amount, err := schema.ParseMicros(string(d.scratch))
	switch {
	case errors.Is(err, schema.ErrTooPrecise):
		return 0, d.reject(field, AmountPrecision, "The %s %s has more than six decimals.", field, Quote(string(d.scratch)))
	case errors.Is(err, schema.ErrOutOfBounds), err == nil && amount > schema.MaxMicros:
		return 0, d.reject(field, AmountBounds, "The %s %s is more than %s.", field, Quote(string(d.scratch)), schema.MaxMicros)
	case err != nil:
		return 0, d.reject(field, AmountInvalid, "The %s %s is no decimal number.", field, Quote(string(d.scratch)))
	case amount < 0:
		return 0, d.reject(field, AmountBounds, "The %s %s is negative; what is given back is a refund with a positive amount.", field, Quote(string(d.scratch)))
	}
	return amount, nil
}

func (d *Decoder) items(draft *Draft) *Rejection {
	v := d.fields.items
	if v == nil {
		return nil
	}
	list, err := v.Array()
	if err != nil {
		return d.reject("items", WrongType, "The items are %s, they have to be an array.", describe(v))
	}
	if len(list) > maxItems {
		return d.reject("items", ItemsInvalid, "The event has %d items, at most %d are taken.", len(list), maxItems)
	}
	for i, position := range list {
		object, err := position.Object()
		if err != nil {
			return d.reject("items", ItemsInvalid, "The item %d is %s, it has to be an object.", i, describe(position))
		}
		item, r := d.item(i, object)
		if r != nil {
			return r
		}
		draft.Event.Items = append(draft.Event.Items, item)
	}
	return nil
}

// item reads {id, name, category, quantity, price}, all of them optional; the quantity is 1.
func (d *Decoder) item(i int, object *fastjson.Object) (schema.Item, *Rejection) {
	item := schema.Item{Quantity: 1}
	for _, text := range [...]struct {
		to   *string
		name string
	}{{&item.ID, "id"}, {&item.Name, "name"}, {&item.Category, "category"}} {
		v := present(object, text.name)
		if v == nil {
			continue
		}
		s, r := d.word("items", v, maxItem)
		if r != nil {
			return item, d.reject("items", ItemsInvalid, "The %s of item %d has to be a string of at most %d bytes.", text.name, i, maxItem)
		}
		*text.to = s
	}
	if v := present(object, "price"); v != nil {
		price, r := d.money("price", v)
		if r != nil {
			return item, d.reject("items", ItemsInvalid, "The price %s of item %d is no amount.", d.shown(v), i)
		}
		item.Price = price
	}
	if v := present(object, "quantity"); v != nil {
		n, err := strconv.ParseInt(d.digits(v), 10, 32)
		if err != nil || n < 0 {
			return item, d.reject("items", ItemsInvalid, "The quantity %s of item %d is no whole number.", d.shown(v), i)
		}
		item.Quantity = n
	}
	return item, nil
}

func (d *Decoder) digits(v *fastjson.Value) string {
	if s, ok := stringOf(v); ok {
		return s
	}
	d.scratch = v.MarshalTo(d.scratch[:0])
	return string(d.scratch)
}

func present(object *fastjson.Object, name string) *fastjson.Value {
	v := object.Get(name)
	if v == nil || v.Type() == fastjson.TypeNull {
		return nil
	}
	return v
}
