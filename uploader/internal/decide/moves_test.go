package decide

import (
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

// allMoves: the database lets through exactly these moves, in its list and when a row is made or changed.
func allMoves(r *rig) {
	want := map[string]string{
		"":         "waiting ready held superseded",
		"waiting":  "ready received held superseded",
		"held":     "waiting ready superseded",
		"ready":    "waiting sending held superseded",
		"sending":  "waiting ready received accepted rejected unknown held superseded",
		"received": "waiting ready accepted rejected unknown superseded",
		"unknown":  "waiting ready received accepted rejected superseded",
		"rejected": "waiting ready",
	}
	listed := map[string]string{}
	for _, from := range append([]schema.UploadState{""}, schema.UploadStates()...) {
		var to []string
		for _, state := range schema.UploadStates() {
			to = append(to, r.rows(`SELECT to_state FROM upload_moves WHERE from_state = $1 AND to_state = $2`, from, state)...)
		}
		if len(to) > 0 {
			listed[string(from)] = strings.Join(to, " ")
		}
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		r.Errorf("moves (-want +got)\n%s", diff)
	}
	r.action("900000011", "")
	r.sale("A-1", "")
	r.decide()
	r.claim()
	r.sql(tryMoves)
	for _, from := range schema.UploadStates() {
		for _, to := range schema.UploadStates() {
			got := r.rows(`SELECT try_move($1, $2)`, from, to)[0]
			if may := from == to || strings.Contains(" "+want[string(from)]+" ", " "+string(to)+" "); (got == "") != may {
				r.Errorf("from %s to %s: %q", from, to, got)
			}
		}
	}
	for _, state := range schema.UploadStates() {
		got := r.rows(`SELECT try_begin($1)`, state)[0]
		if may := strings.Contains(want[""], string(state)); (got == "") != may {
			r.Errorf("begin as %s: %q", state, got)
		}
	}
}

// tryMoves are functions that say by which constraint a move is refused, and leave everything as it was.
const tryMoves = `CREATE OR REPLACE FUNCTION try_move(before text, after text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE refused text;
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE conversions SET state = before, reason = 'x';
    SET LOCAL session_replication_role = origin;
    BEGIN
        UPDATE conversions SET state = after, reason = 'y';
        refused := '';
        RAISE EXCEPTION 'back' USING ERRCODE = 'NC001';
    EXCEPTION WHEN check_violation THEN GET STACKED DIAGNOSTICS refused := CONSTRAINT_NAME; WHEN SQLSTATE 'NC001' THEN NULL;
    END;
    RETURN refused;
END $$;
CREATE OR REPLACE FUNCTION try_begin(after text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE refused text;
BEGIN
    BEGIN
        INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, state, reason, attempt_id, frozen_at) SELECT id, mapping_id, 9, 'retraction', now(), after, 'x', attempt_id, now() FROM conversions;
        refused := '';
        RAISE EXCEPTION 'back' USING ERRCODE = 'NC001';
    EXCEPTION WHEN check_violation THEN GET STACKED DIAGNOSTICS refused := CONSTRAINT_NAME; WHEN SQLSTATE 'NC001' THEN NULL;
    END;
    RETURN refused;
END $$`

// goneTogether: when somebody moved a row is the database's word, and what was written of a conversion goes
// with it, however it goes; that of others stays.
func goneTogether(r *rig) {
	r.action("900000011", "")
	for i := range 3 {
		r.sale(fmt.Sprint("A-", i), "")
	}
	r.decide()
	r.claim()
	r.sql(`INSERT INTO upload_rows (attempt_id, number, conversion_id, payload) SELECT attempt_id, row_number() OVER (), id, '{}' FROM conversions`)
	r.sql(`UPDATE conversions SET state = 'received', state_at = 'epoch', reason = 'not_final'`)
	if late := r.rows(`SELECT state_at::text FROM conversions WHERE state_at < now() - interval '1 hour'`); len(late) > 0 {
		r.Errorf("moved at %q", late)
	}
	const left = `SELECT concat((SELECT count(*) FROM conversions), ' ', (SELECT count(*) FROM upload_rows), ' ', (SELECT count(*) FROM upload_history))`
	for i, step := range []string{`UPDATE sales SET amount = amount`, `DELETE FROM conversions WHERE transaction_id = 'o-A-0'`, `DELETE FROM sales WHERE order_id = 'A-1'`, `DELETE FROM sites`} {
		r.sql(step)
		if got, want := r.rows(left)[0], fmt.Sprint(3-i, " ", 3-i, " ", 3*(3-i)); got != want {
			r.Errorf("%s leaves %s, want %s", step, got, want)
		}
	}
}

// movesInPlace: no index of conversions has a column that changes on the way from sending to accepted, so
// that these moves write no index. One of pages alone (BRIN) may have them.
func movesInPlace(r *rig) {
	got := r.rows(`SELECT i.indexrelid::regclass || ' ' || a.attname FROM pg_index i
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = d.refobjsubid
JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam AND m.amname <> 'brin'
WHERE i.indrelid = 'conversions'::regclass AND a.attname IN ('state', 'state_at', 'reason', 'detail', 'google_value', 'google_currency', 'frozen_at')`)
	if len(got) > 0 {
		r.Errorf("indexes name columns that change with each move: %q", got)
	}
}
