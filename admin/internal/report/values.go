package report

import (
	"math/big"

	"noctra/schema"
)

// values are the measures of one row, exact. Missing ones are nil.
type values [measures]*big.Int

func (v values) of(m measure) *big.Int {
	if v[m] == nil {
		return new(big.Int)
	}
	return v[m]
}

// ratio returns a·scale/b rounded to decimals, half away from zero; 0 where b is 0, as clients of
// the API expect it of rates.
func (v values) ratio(a, b measure, scale int64, decimals int) any {
	if v.of(b).Sign() == 0 {
		return 0.0
	}
	r := new(big.Rat).SetFrac(new(big.Int).Mul(v.of(a), big.NewInt(scale)), v.of(b))
	return rounded(r, decimals)
}

func rounded(r *big.Rat, decimals int) float64 {
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	scaled := divideRound(new(big.Int).Mul(r.Num(), unit), r.Denom())
	f, _ := new(big.Rat).SetFrac(scaled, unit).Float64()
	return f
}

// divideRound returns a/b for b > 0, rounded half away from zero.
func divideRound(a, b *big.Int) *big.Int {
	twice := new(big.Int).Add(new(big.Int).Abs(new(big.Int).Lsh(a, 1)), b)
	q := twice.Quo(twice, new(big.Int).Lsh(b, 1))
	if a.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

// seconds is the mean visit duration in whole seconds, nil without visits.
func (v values) seconds() any {
	if v.of(mVisits).Sign() == 0 {
		return nil
	}
	return divideRound(v.of(mDuration), new(big.Int).Mul(v.of(mVisits), big.NewInt(1000))).Uint64()
}

func (v values) revenue() *big.Int { return new(big.Int).Sub(v.of(mGross), v.of(mRefunded)) }

// averageOrder is gross revenue per sale of the summed currency, rounded to the micro; nil
// without sales.
func (v values) averageOrder() any {
	if v.of(mOwnSales).Sign() == 0 {
		return nil
	}
	return v.amount(divideRound(v.of(mGross), v.of(mOwnSales)))
}

// amount writes micros as a decimal string, also beyond 64 bits.
func (v values) amount(micros *big.Int) string {
	if micros.IsInt64() {
		return schema.Micros(micros.Int64()).String()
	}
	sign, rest := "", new(big.Int).Abs(micros)
	if micros.Sign() < 0 {
		sign = "-"
	}
	whole, part := new(big.Int).QuoRem(rest, big.NewInt(schema.MicrosPerUnit), new(big.Int))
	fraction := schema.Micros(part.Int64()).String() // 0.…
	return sign + whole.String() + fraction[1:]
}
