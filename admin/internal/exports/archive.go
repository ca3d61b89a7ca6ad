package exports

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strings"
)

// listed is a file of a copy, as its manifest has it.
type listed struct {
	Name   string `json:"name"`
	Rows   uint64 `json:"rows"`
	Bytes  uint64 `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// archive writes files into a zip, one after the other, and remembers what they were.
type archive struct {
	zip   *zip.Writer
	files []listed
}

// entry is the file that is being written.
type entry struct {
	to    io.Writer
	sum   hash.Hash
	bytes uint64
}

// Write implements io.Writer.
func (e *entry) Write(b []byte) (int, error) {
	_, _ = e.sum.Write(b)
	n, err := e.to.Write(b)
	e.bytes += uint64(n)
	return n, err
}

// add writes a file; write returns how many rows it has. What is packed already is not packed again.
func (a *archive) add(name string, packed bool, write func(w io.Writer) (rows uint64, err error)) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate}
	if packed {
		header.Method = zip.Store
	}
	to, err := a.zip.CreateHeader(header)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	e := &entry{to: to, sum: sha256.New()}
	rows, err := write(e)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	a.files = append(a.files, listed{name, rows, e.bytes, hex.EncodeToString(e.sum.Sum(nil))})
	return nil
}

// rows hands on JSON objects, one after the other.
type rows func(each func(object []byte) error) error

// addTable writes rows as JSON and as CSV. They are read once for each, so that none is held.
func (a *archive) addTable(name string, all rows) error {
	err := a.add(name+".json", false, func(w io.Writer) (uint64, error) { return writeJSON(w, all) })
	if err != nil {
		return err
	}
	return a.add(name+".csv", false, func(w io.Writer) (uint64, error) { return writeCSV(w, all) })
}

func writeJSON(w io.Writer, all rows) (n uint64, err error) {
	if _, err := io.WriteString(w, "["); err != nil {
		return 0, err
	}
	err = all(func(object []byte) error {
		separator := ",\n"
		if n == 0 {
			separator = "\n"
		}
		n++
		_, err := w.Write(append([]byte(separator), object...))
		return err
	})
	if err == nil {
		_, err = io.WriteString(w, "\n]\n")
	}
	return n, err
}

func writeCSV(w io.Writer, all rows) (n uint64, err error) {
	out := csv.NewWriter(w)
	err = all(func(object []byte) error {
		names, cells, err := fields(object)
		if err != nil {
			return err
		}
		if n == 0 {
			if err := out.Write(names); err != nil {
				return err
			}
		}
		n++
		return out.Write(cells)
	})
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	return n, err
}

// fields reads an object in the order of its fields. What is no text stays as JSON has it; null is empty.
func fields(object []byte) (names, cells []string, err error) {
	in := json.NewDecoder(bytes.NewReader(object))
	if _, err := in.Token(); err != nil { // {
		return nil, nil, fmt.Errorf("read row: %w", err)
	}
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return nil, nil, fmt.Errorf("read row: %w", err)
		}
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return nil, nil, fmt.Errorf("read row: %w", err)
		}
		cell := string(value)
		var text string
		switch {
		case cell == "null":
			cell = ""
		case json.Unmarshal(value, &text) == nil:
			cell = harmless(text)
		}
		names, cells = append(names, fmt.Sprint(name)), append(cells, cell)
	}
	return names, cells, nil
}

// harmless keeps spreadsheets from taking a cell for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\x00", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// manifest ends a copy: what is in it.
type manifest struct {
	Of        string   `json:"of"`
	ID        string   `json:"id"`
	CreatedAt string   `json:"created_at"`
	Notes     []string `json:"notes"`
	Files     []listed `json:"files"`
}

// close writes the manifest and ends the zip.
func (a *archive) close(m manifest) error {
	m.Files = a.files
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	to, err := a.zip.Create("manifest.json")
	if err == nil {
		_, err = to.Write(append(raw, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	if err := a.zip.Close(); err != nil {
		return fmt.Errorf("end zip: %w", err)
	}
	return nil
}
