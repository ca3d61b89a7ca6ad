// Package google asks Google what connecting an account needs to know: which accounts of Google Ads a
// consent reaches, who owns their conversions, which conversion actions there are, and by which API
// conversions can be sent.
//
// It reads and checks alone; conversions are sent by the uploader. Tokens come from internal/googleauth.
package google
