// Package password judges and hashes what people choose: argon2id at OWASP's recommended cost, few at
// a time, and a list of common and breached passwords that ships with the product.
//
// It keeps nothing and knows no accounts. Passwords are compared in Unicode form NFKC, so that the
// same keys on another machine give the same password.
package password
