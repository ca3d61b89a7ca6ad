// Package catalog is what the demo shop sells and writes about. The shop shows it, and the made-up
// visitors walk through it, so that both speak of the same pages.
package catalog

import "noctra/schema"

// Shop is the name that stands in titles.
const Shop = "Moonlight"

// Shipping is charged below FreeShipping, in Currency.
const (
	Currency                   = "EUR"
	Shipping     schema.Micros = 4_900_000
	FreeShipping schema.Micros = 60_000_000
)

// Product is one thing on sale.
type Product struct {
	Slug     string // last part of its path
	Name     string
	Category string
	Price    schema.Micros
	Drawing  string // name of its picture
	Tone     string // colour of the picture's ground: a to f
	Line     string // one sentence
	Text     string
}

// Path is the product's page.
func (p *Product) Path() string { return "/products/" + p.Slug }

// Title is the title of the product's page.
func (p *Product) Title() string { return p.Name + " – " + Shop }

func cents(n int64) schema.Micros { return schema.Micros(n * schema.MicrosPerUnit / 100) }

// Products returns all products, the most wanted first.
func Products() []Product {
	return []Product{
		{"half-moon", "Half Moon", "Wall lamps", cents(8900), "moon", "a", "A quiet disc of light for the wall.", "Brushed brass, a linen shade, and a glow that stops before it reaches the ceiling. Dims to one per cent."},
		{"dune", "Dune", "Desk lamps", cents(9900), "desk", "b", "The desk lamp that stays where you leave it.", "A counterweight instead of springs. Warm light for evenings, neutral light for work, one turn between them."},
		{"ember", "Ember", "Lanterns", cents(4900), "lantern", "c", "A lantern that likes the rain.", "Charged by daylight or by cable. Twelve hours on the terrace, forty as a night light."},
		{"harbour", "Harbour", "Pendants", cents(15900), "pendant", "d", "An enamel pendant over the table.", "Spun steel, enamelled by hand, with two metres of woven cable. Made for tables of six."},
		{"pebble", "Pebble", "Night lights", cents(2900), "pebble", "e", "Fits the hand, and the dark.", "Touch it once for the way to the kitchen, twice for reading a last page."},
		{"meadow", "Meadow", "Reading lamps", cents(7900), "reading", "f", "Light on the page and nowhere else.", "A narrow cone of 2700 K for the chair that everyone wants."},
		{"orbit", "Orbit", "Pendants", cents(18900), "orbit", "a", "Three rings that never agree.", "Turn the rings to send light up, down, or around the room. No two evenings alike."},
		{"north-arc", "North Arc", "Floor lamps", cents(24900), "arc", "b", "An arc over the sofa.", "Two metres of ash and a marble foot that no dog has moved yet."},
		{"aurora", "Aurora", "Strips", cents(3990), "strip", "d", "A seam of light under the shelf.", "Cut it, bend it round the corner, forget it is there."},
		{"wick", "Wick", "Lanterns", cents(2490), "candle", "c", "A candle that may be forgotten.", "Flickers like the real one, and goes out after six hours."},
		{"tide", "Tide", "Table lamps", cents(12900), "table", "e", "Glass that remembers the sea.", "Mouth-blown in two layers. The light comes in slowly, and leaves the same way."},
		{"comet", "Comet", "Strings", cents(1990), "string", "f", "Forty small lights on ten metres.", "For balconies, tents, and the one week in December."},
	}
}

// Guide is an article.
type Guide struct {
	Slug, Name, Line string
	Text             []string // paragraphs
	Source           string   // address of a page elsewhere that it quotes
	Product          string   // slug of a product that it names
}

// Path is the guide's page.
func (g *Guide) Path() string { return "/guides/" + g.Slug }

// Title is the title of the guide's page.
func (g *Guide) Title() string { return g.Name + " – " + Shop }

// Guides returns all guides, the most read first.
func Guides() []Guide {
	return []Guide{
		{"warm-or-cool", "Warm or cool?", "What colour temperature does to a room.", []string{
			"Two lamps of the same brightness can make the same room feel like a café or like a dentist’s. The difference is colour temperature, counted in kelvin: low numbers are warm, high ones are cool.",
			"Below 2700 K, wood and skin look their best. Around 4000 K, paper looks white and people stay awake. Most homes want both, at different hours, which is why a lamp that turns from one to the other is worth more than a brighter one.",
			"A rule that has not failed us: the later the hour, the lower the lamp and the lower the number."},
			"https://en.wikipedia.org/wiki/Color_temperature", "dune"},
		{"reading-light", "A light to read by", "Where it should stand, and how much is enough.", []string{
			"Sit down with a book, and stretch your arm out to the side. Your fist is about where the lamp should be: beside the shoulder, a little behind it.",
			"450 lumens on the page are enough for most eyes. What tires them is contrast, so leave a second, weaker light on in the room."},
			"https://en.wikipedia.org/wiki/Lumen_(unit)", "meadow"},
		{"small-rooms", "Light for small rooms", "Why three weak lamps beat a strong one.", []string{
			"One lamp in the middle of the ceiling shows where the walls end. Three lamps at different heights hide it.",
			"Put one in the corner that you never look at. The room grows by that corner."},
			"https://en.wikipedia.org/wiki/Lighting", "half-moon"},
		{"care", "Caring for brass and glass", "Ten minutes a year.", []string{
			"Brass likes a dry cloth and dislikes everything that promises to make it shine. Glass likes lukewarm water.",
			"If a shade has yellowed, it was too close to the bulb. Weaker bulbs make older lamps."},
			"https://en.wikipedia.org/wiki/Brass", "tide"},
	}
}
