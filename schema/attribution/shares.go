package attribution

import (
	"math/big"
	"time"
)

// Touch is a click of a path as reports see it.
type Touch struct {
	Name string // of its campaign or source
	At   time.Time
}

// ShareKey says what a share is of. The zero Name and Model are of sales before which no click is known.
type ShareKey struct {
	Name     string
	Model    Model
	Currency string
}

// SharePart is a number of sales, shared, and their worth in micros.
type SharePart struct {
	Sales  float64
	Amount *big.Int
}

// Shares adds up what each model gives to each name. All of a model, and what no click is known of, are
// together exactly what was sold.
type Shares map[ShareKey]*SharePart

// Sale shares a sale among the clicks before it, oldest first.
func (s Shares) Sale(path []Touch, sold time.Time, amount int64, currency string) {
	if len(path) == 0 {
		s.add(ShareKey{Currency: currency}, 1, amount)
		return
	}
	one := true
	times := make([]time.Time, len(path))
	for i, touch := range path {
		times[i] = touch.At
		one = one && touch.Name == path[0].Name
	}
	for _, model := range Models() {
		if one { // has all of it by each model
			s.add(ShareKey{path[0].Name, model, currency}, 1, amount)
			continue
		}
		weights := model.Weights(times, sold)
		for i, part := range Share(amount, weights) {
			s.add(ShareKey{path[i].Name, model, currency}, weights[i], part)
		}
	}
}

func (s Shares) add(key ShareKey, sales float64, amount int64) {
	s.Add(key, sales, big.NewInt(amount))
}

// Add adds a part.
func (s Shares) Add(key ShareKey, sales float64, amount *big.Int) {
	part := s[key]
	if part == nil {
		part = &SharePart{Amount: new(big.Int)}
		s[key] = part
	}
	part.Sales += sales
	part.Amount.Add(part.Amount, amount)
}
