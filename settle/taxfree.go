package settle

// TaxKnown is what is known of the tax-free part of one approval or cancel; nil where
// it is not.
type TaxKnown struct {
	Amount int64 // of the transaction; of a cancel negative

	// A look-up showed what was approved, what of it was free of tax, and what of
	// this cancel was.
	Approved, Paid, Cancel *int64
	// The shop's order: what it comes to, and what of it is free of tax.
	Order, OrderFree *int64
	// Told says that the order's source has the tax-free amount: without it a 0 says
	// nothing.
	Told bool
}

// TaxFree is the tax-free part of the transaction, above 0 also of a cancel: the
// looked-up payment's, else the order's. It is nil where neither says it: a part of a
// payment that is free of tax in part is only ever known by its look-up.
func (k TaxKnown) TaxFree() *int64 {
	size := max(k.Amount, -k.Amount)
	free := k.Cancel
	if k.Amount > 0 || free == nil {
		free = partOf(size, k.Amount < 0, k.Approved, k.Paid)
	}
	if free == nil && (k.Told || k.OrderFree != nil && *k.OrderFree > 0) {
		free = partOf(size, true, k.Order, k.OrderFree)
	}
	if free == nil || *free < 0 || *free > size {
		return nil
	}
	return free
}

// partOf is the tax-free part of an amount out of a whole of which the part is known.
// cut: the amount may be less than the whole.
func partOf(size int64, cut bool, whole, free *int64) *int64 {
	switch {
	case free == nil:
		return nil
	case *free == 0 || !cut || whole != nil && *whole == size:
		return free
	case whole != nil && *whole == *free:
		return &size
	default:
		return nil
	}
}

// WantsLookUp says whether a look-up of the payment could tell more of the sale: its
// tax-free part, what pays behind easy pay, or whether there is a cash receipt.
func (s Sale) WantsLookUp() bool {
	return s.TaxFree == nil || asksReceipt(s) && s.Receipt == nil
}
