package google

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
)

//go:embed world.json
var standardWorld []byte

// world is what exists at Google before anybody sends anything.
type world struct {
	Users     []user     `json:"users"`
	Customers []customer `json:"customers"`
}

// user is a person with a Google account.
type user struct {
	Email     string   `json:"email"`
	Customers []string `json:"customers"` // reached directly; a manager's clients besides
}

// customer is a Google Ads account.
type customer struct {
	ID                 string   `json:"id"` // ten digits
	Name               string   `json:"name"`
	Manager            bool     `json:"manager,omitempty"`
	Clients            []string `json:"clients,omitempty"`
	Status             string   `json:"status"` // ENABLED or SUSPENDED
	Currency           string   `json:"currency"`
	TimeZone           string   `json:"time_zone"`
	ConversionCustomer string   `json:"conversion_customer"` // who owns its conversions
	DataTerms          bool     `json:"data_terms"`          // accepted_customer_data_terms
	Uploads            bool     `json:"uploads"`             // may still use the uploads of the Google Ads API
	Actions            []action `json:"actions,omitempty"`
}

// action is a conversion action.
type action struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Type         string `json:"type"`   // UPLOAD_CLICKS, WEBPAGE
	Status       string `json:"status"` // ENABLED, REMOVED, HIDDEN
	Category     string `json:"category"`
	OnePerClick  bool   `json:"one_per_click,omitempty"`
	LookbackDays int    `json:"lookback_days"` // click_through_lookback_window_days
	New          bool   `json:"new,omitempty"` // made less than six hours ago, for ever
}

// readWorld reads the world of a file, or the standard one where path is empty.
func readWorld(path string) (w world, err error) {
	raw := standardWorld
	if path != "" {
		if raw, err = os.ReadFile(path); err != nil {
			return w, fmt.Errorf("read world: %w", err)
		}
	}
	if err := json.Unmarshal(raw, &w); err != nil {
		return w, fmt.Errorf("read world: %w", err)
	}
	return w, w.check()
}

func (w *world) check() error {
	var errs []error
	for _, u := range w.Users {
		for _, id := range u.Customers {
			if w.customer(id) == nil {
				errs = append(errs, fmt.Errorf("user %s: no customer %s", u.Email, id))
			}
		}
	}
	for _, c := range w.Customers {
		if len(c.ID) != 10 || !digits(c.ID) {
			errs = append(errs, fmt.Errorf("customer %q: id is not ten digits", c.ID))
		}
		for _, id := range append([]string{c.ConversionCustomer}, c.Clients...) {
			if w.customer(id) == nil {
				errs = append(errs, fmt.Errorf("customer %s: no customer %s", c.ID, id))
			}
		}
	}
	return errors.Join(errs...)
}

func (w *world) user(email string) *user {
	i := slices.IndexFunc(w.Users, func(u user) bool { return u.Email == email })
	if i < 0 {
		return nil
	}
	return &w.Users[i]
}

func (w *world) customer(id string) *customer {
	i := slices.IndexFunc(w.Customers, func(c customer) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &w.Customers[i]
}

func (c *customer) action(id string) *action {
	i := slices.IndexFunc(c.Actions, func(a action) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return &c.Actions[i]
}

// reaches says whether somebody may act for a customer, by way of the account login; without one,
// only directly.
func (w *world) reaches(email, login, id string) bool {
	u := w.user(email)
	if u == nil {
		return false
	}
	if login == "" {
		login = id
	}
	return slices.Contains(u.Customers, login) && w.below(login, id)
}

// below says whether id is an account or one that it manages, over any number of managers.
func (w *world) below(top, id string) bool {
	if top == id {
		return true
	}
	c := w.customer(top)
	return c != nil && c.Manager && slices.ContainsFunc(c.Clients, func(client string) bool { return w.below(client, id) })
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
