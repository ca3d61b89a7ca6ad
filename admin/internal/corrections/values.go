package corrections

import (
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"noctra/schema"
)

// Values are what of an event can be corrected; nil stays as it is.
type Values struct {
	Amount   *string            `json:"amount,omitempty" maxLength:"40" doc:"Of a sale or refund: a decimal, to the micro." example:"49.90"`
	Currency *string            `json:"currency,omitempty" maxLength:"10" doc:"ISO 4217; with an amount." example:"EUR"`
	OrderID  *string            `json:"order_id,omitempty" maxLength:"2000" doc:"Of a sale or refund." example:"1234"`
	URL      *string            `json:"url,omitempty" maxLength:"8000" doc:"An address of the site; host and path are taken, and the query is emptied." example:"https://shop.acme.example/checkout"`
	Title    *string            `json:"title,omitempty" maxLength:"2000" example:"Checkout"`
	Props    *map[string]string `json:"props,omitempty" doc:"In place of all that there are." example:"{\"plan\": \"pro\"}"`
	Items    *[]Item            `json:"items,omitempty" maxItems:"200" doc:"Of a sale or refund, in place of all that there are." example:"[{\"id\": \"A-1\", \"name\": \"Mug\", \"quantity\": 1, \"price\": \"49.90\"}]"`
}

// Item is a position of a sale or refund.
type Item struct {
	ID       string `json:"id,omitempty" maxLength:"2000" example:"A-1"`
	Name     string `json:"name,omitempty" maxLength:"2000" example:"Mug"`
	Category string `json:"category,omitempty" maxLength:"2000" example:"Kitchen"`
	Quantity int64  `json:"quantity" minimum:"0" maximum:"1000000000" example:"1"`
	Price    string `json:"price,omitempty" maxLength:"40" doc:"Of one piece, a decimal." example:"49.90"`
}

// Problem is what is wrong with a value.
type Problem struct{ Field, Message string }

const (
	longestText  = 500
	longestTitle = 500
	mostProps    = 50
	longestValue = 2000
)

// check reads values for an event of the site, and returns what is to stand in which column.
func (v Values) check(site schema.Site, kind schema.Kind) (columns, []Problem) {
	c := columns{}
	var problems []Problem
	wrong := func(field, message string) { problems = append(problems, Problem{field, message}) }
	trade := kind == schema.KindSale || kind == schema.KindRefund
	for field, given := range map[string]bool{"amount": v.Amount != nil, "currency": v.Currency != nil, "order_id": v.OrderID != nil, "items": v.Items != nil} {
		if given && !trade {
			wrong(field, "Only sales and refunds have this.")
		}
	}
	if v.Amount != nil {
		amount, why := money(*v.Amount)
		if why != "" {
			wrong("amount", why)
		}
		c["amount"] = int64(amount)
	}
	if v.Currency != nil {
		if c["currency"] = *v.Currency; !schema.ValidCurrency(*v.Currency) {
			wrong("currency", "This is no currency of ISO 4217.")
		}
	}
	v.checkTexts(c, kind, wrong)
	if v.URL != nil {
		v.checkURL(site, c, wrong)
	}
	if v.Items != nil {
		checkItems(*v.Items, c, wrong)
	}
	sort.Slice(problems, func(i, j int) bool { return problems[i].Field < problems[j].Field })
	return c, problems
}

func (v Values) checkTexts(c columns, kind schema.Kind, wrong func(field, message string)) {
	if v.OrderID != nil {
		if c["order_id"] = *v.OrderID; !plain(*v.OrderID, longestText) || *v.OrderID == "" && kind == schema.KindRefund {
			wrong("order_id", fmt.Sprintf("An order id is a text of at most %d bytes; a refund has one.", longestText))
		}
	}
	if v.Title != nil {
		if c["title"] = *v.Title; !plain(*v.Title, longestTitle) {
			wrong("title", fmt.Sprintf("A title is a text of at most %d bytes.", longestTitle))
		}
	}
	if v.Props == nil {
		return
	}
	c["props"] = *v.Props
	if len(*v.Props) > mostProps {
		wrong("props", fmt.Sprintf("An event has at most %d properties.", mostProps))
	}
	for key, value := range *v.Props {
		if key == "" || !plain(key, longestText) || !plain(value, longestValue) {
			wrong("props", "Names and values of properties are texts.")
			return
		}
	}
}

func (v Values) checkURL(site schema.Site, c columns, wrong func(field, message string)) {
	u, err := url.Parse(*v.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !plain(*v.URL, longestValue) {
		wrong("url", "This is no address such as https://shop.example/page.")
		return
	}
	host := strings.ToLower(u.Hostname())
	if !site.AllowsHost(host) {
		wrong("url", "This host is none of the site's.")
		return
	}
	c["hostname"], c["path"], c["query"] = host, u.EscapedPath(), ""
	if c["path"] == "" {
		c["path"] = "/"
	}
}

func checkItems(items []Item, c columns, wrong func(field, message string)) {
	ids, names, categories := make([]string, len(items)), make([]string, len(items)), make([]string, len(items))
	quantities, prices := make([]int64, len(items)), make([]int64, len(items))
	for i, item := range items {
		ids[i], names[i], categories[i], quantities[i] = item.ID, item.Name, item.Category, item.Quantity
		if item.Price != "" {
			price, why := money(item.Price)
			if why != "" {
				wrong("items", fmt.Sprintf("The price of item %d: %s", i, why))
			}
			prices[i] = int64(price)
		}
		if !slices.ContainsFunc([]string{item.ID, item.Name}, func(s string) bool { return s != "" }) || !plain(item.ID, longestText) || !plain(item.Name, longestText) || !plain(item.Category, longestText) {
			wrong("items", fmt.Sprintf("Item %d needs an id or a name; texts have at most %d bytes.", i, longestText))
		}
	}
	c["item_ids"], c["item_names"], c["item_categories"], c["item_quantities"], c["item_prices"] = ids, names, categories, quantities, prices
}

// money reads an amount that is not negative; why says what is wrong with it.
func money(text string) (amount schema.Micros, why string) {
	amount, err := schema.ParseMicros(text)
	switch {
	case err != nil:
		return 0, "This is no amount: " + err.Error() + "."
	case amount < 0 || amount > schema.MaxMicros:
		return 0, "An amount is neither negative nor that large."
	}
	return amount, ""
}

// plain says whether a text is one line of UTF-8 of at most so many bytes.
func plain(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
