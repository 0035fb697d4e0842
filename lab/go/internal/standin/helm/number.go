package helm

import (
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// integer is a number without a fraction; 0 when it isn't known.
func integer(value types.Number) int64 {
	if value.IsNull() || value.IsUnknown() {
		return 0
	}
	whole, _ := value.ValueBigFloat().Int64()
	return whole
}

func numberOf(value int64) types.Number { return types.NumberValue(new(big.Float).SetInt64(value)) }
