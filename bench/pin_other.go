//go:build !linux

package bench

import "errors"

// pin is not known here.
func pin(...int) (free func(), err error) {
	return nil, errors.New("pin processes: only Linux can")
}
