"""Writes reports/DAY.txt: pieces and money for each product that was sold on a day, from data/orders-DAY.csv."""
import collections
import csv
import decimal
import os
import sys

day = sys.argv[1]
source = f"data/orders-{day}.csv"
pieces = collections.Counter()
money = collections.defaultdict(decimal.Decimal)
with open(source, newline="") as file:
    for number, row in enumerate(csv.DictReader(file), start=2):
        try:
            count, price = int(row["pieces"]), decimal.Decimal(row["price"])
        except (ValueError, decimal.InvalidOperation):
            sys.exit(f"{source}:{number}: 'pieces' or 'price' is not a number: {row}")
        pieces[row["product"]] += count
        money[row["product"]] += count * price

os.makedirs("reports", exist_ok=True)
unfinished = f"reports/{day}.txt.{os.environ['LEPTIR_TASK_ID']}"
with open(unfinished, "w") as report:
    for product in sorted(pieces):
        report.write(f"{product:<12} {pieces[product]:>6} {money[product]:>10}\n")
    report.write(f"{'all':<12} {pieces.total():>6} {sum(money.values()):>10}\n")
os.replace(unfinished, f"reports/{day}.txt")  # a reader of the report never sees half of it
print(f"{len(pieces)} products, {sum(money.values())} in all")
