package googleauth

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"noctra/internal/secrets"
	"noctra/internal/tlsconf"
)

// Scopes that are asked for: the least that uploading needs.
const (
	ScopeDataManager = "https://www.googleapis.com/auth/datamanager" // send conversions
	ScopeAds         = "https://www.googleapis.com/auth/adwords"     // list accounts and actions; send conversions the old way
)

// Scopes returns what a connection needs.
func Scopes() []string { return []string{ScopeDataManager, ScopeAds} }

// Config says in whose name and where Google is asked. Without a client nobody connects.
type Config struct {
	ClientID           string `name:"google-client-id" help:"OAuth client of a Google Cloud project, in whose name accounts of Google Ads are connected (default: none can be)." placeholder:"ID"`
	ClientSecretFile   string `name:"google-client-secret-file" help:"File with the client's secret." placeholder:"FILE"`
	DeveloperTokenFile string `name:"google-developer-token-file" help:"File with a developer token of the Google Ads API, which Google no longer asks for (default: none is sent)." placeholder:"FILE"`
	KeyFile            string `name:"google-key-file" help:"File of the keys under which tokens of Google are sealed; admin service and uploader share it; the admin service makes it where it is missing." placeholder:"FILE"`

	AuthURL        string `name:"google-auth-url" help:"Google's consent page." placeholder:"URL" default:"https://accounts.google.com/o/oauth2/v2/auth"`
	TokenURL       string `name:"google-token-url" help:"Where tokens are exchanged." placeholder:"URL" default:"https://oauth2.googleapis.com/token"`
	RevokeURL      string `name:"google-revoke-url" help:"Where tokens are revoked." placeholder:"URL" default:"https://oauth2.googleapis.com/revoke"`
	DataManagerURL string `name:"google-datamanager-url" help:"Google's Data Manager API." placeholder:"URL" default:"https://datamanager.googleapis.com"`
	AdsURL         string `name:"google-ads-url" help:"The Google Ads API." placeholder:"URL" default:"https://googleads.googleapis.com"`
	AdsVersion     string `name:"google-ads-version" help:"Version of the Google Ads API." placeholder:"vN" default:"v25"`
}

var versionForm = regexp.MustCompile(`^v[0-9]{1,3}$`)

// On says whether accounts can be connected.
func (c Config) On() bool { return c.ClientID != "" }

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	var errs []error
	if c.On() && c.ClientSecretFile == "" {
		errs = append(errs, errors.New("--google-client-secret-file: a client has a secret"))
	}
	if c.On() && c.KeyFile == "" {
		errs = append(errs, errors.New("--google-key-file: tokens of Google are kept sealed alone; name a file of keys"))
	}
	if !c.On() && c.ClientSecretFile != "" {
		errs = append(errs, errors.New("--google-client-id: there is a secret, and no client that it belongs to"))
	}
	for _, one := range []struct{ flag, url string }{
		{"--google-auth-url", c.AuthURL}, {"--google-token-url", c.TokenURL}, {"--google-revoke-url", c.RevokeURL},
		{"--google-datamanager-url", c.DataManagerURL}, {"--google-ads-url", c.AdsURL},
	} {
		errs = append(errs, checkURL(one.flag, one.url))
	}
	if !versionForm.MatchString(c.AdsVersion) {
		errs = append(errs, fmt.Errorf("--google-ads-version: %q is no version such as v25", c.AdsVersion))
	}
	return errors.Join(errs...)
}

// checkURL takes https://, and http:// on this machine: tokens go there.
func checkURL(flag, raw string) error {
	u, err := url.Parse(raw)
	if err == nil && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" {
		if u.Scheme == "https" || u.Scheme == "http" && !tlsconf.Elsewhere(u.Hostname()) {
			return nil
		}
	}
	return fmt.Errorf("%s: give https:// with a host, or http:// of this machine", flag)
}

// DeveloperToken reads the developer token, empty for none.
func (c Config) DeveloperToken() (string, error) {
	token, err := secrets.ReadFile(c.DeveloperTokenFile)
	if err != nil {
		return "", fmt.Errorf("--google-developer-token-file: %w", err)
	}
	return token, nil
}
