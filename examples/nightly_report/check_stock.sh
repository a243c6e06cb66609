#!/bin/sh
# Compares the stock of a product with a minimum. Arguments: the product, the minimum. Exit status 3: too few are left.
set -eu
left=$(awk -F, -v product="$1" '$1 == product { print $2 }' data/stock.csv)
[ -n "$left" ] || { echo "data/stock.csv has no product '$1'" >&2 && exit 1; }
echo "$1: $left left, $2 wanted"
[ "$left" -ge "$2" ] || exit 3
