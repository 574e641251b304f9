"""What an InvenTree script does with stock: makes, counts, moves, assigns, installs, tests, scans. Arguments: the server, a name, a password."""
import os
import sys
import tempfile

import requests
from inventree.api import InvenTreeAPI
from inventree.company import Company
from inventree.part import BomItem, Part, PartTestTemplate
from inventree.stock import StockItem, StockItemTestResult, StockLocation

url, username, password = sys.argv[1:]
api = InvenTreeAPI(url, username=username, password=password, token_name="stock")

# Locations are a tree.
hall = StockLocation.create(api, {"name": "Hall", "description": "The hall"})
shelf = StockLocation.create(api, {"name": "Shelf", "parent": hall.pk})
bin_ = StockLocation.create(api, {"name": "Bin", "parent": hall.pk})
assert shelf.pathstring == "Hall/Shelf" and shelf.getParentLocation().pk == hall.pk
assert {child.pk for child in hall.getChildLocations()} == {shelf.pk, bin_.pk}

# Stock is made as a list, one item for each serial number.
board = Part.create(api, {
    "name": "Board", "description": "d", "trackable": True, "assembly": True, "testable": True, "salable": True, "component": True,
})
chip = Part.create(api, {"name": "Chip", "description": "d", "component": True, "salable": True})
BomItem.create(api, {"part": board.pk, "sub_part": chip.pk, "quantity": 2})
chips = StockItem.create(api, {"part": chip.pk, "quantity": 100, "location": shelf.pk})[0]
boards = StockItem.create(api, {"part": board.pk, "quantity": 3, "serial_numbers": "1-3", "location": shelf.pk})
assert [item.serial for item in boards] == ["1", "2", "3"], boards
assert len(shelf.getStockItems()) == 4

# Counted, added, removed, moved.
chips.countStock(90, notes="counted")
chips.addStock(20)
chips.removeStock(10)
chips.reload()
assert float(chips.quantity) == 100, chips.quantity
chips.transferStock(bin_, quantity=40)
chips.reload()
assert float(chips.quantity) == 60
moved = StockItem.list(api, location=bin_.pk)
assert len(moved) == 1 and float(moved[0].quantity) == 40 and moved[0].parent == chips.pk
assert chips.getLocation().pk == shelf.pk and chips.getPart().pk == chip.pk
assert "Stock counted" in {entry.label for entry in chips.getTrackingEntries()}

# Installed, and taken out.
holder = boards[0]
holder.installStock(moved[0].pk, quantity=2)
inside = StockItem.list(api, belongs_to=holder.pk)
assert len(inside) == 1 and float(inside[0].quantity) == 2
inside[0].uninstallStock(shelf)
assert StockItem.list(api, belongs_to=holder.pk) == []

# Tested, with a file.
PartTestTemplate.create(api, {"part": board.pk, "test_name": "Voltage", "description": "5 V", "requires_value": True})
holder.uploadTestResult("Voltage", True, value="5.01", notes="fine")
with tempfile.TemporaryDirectory() as folder:
    trace = os.path.join(folder, "trace.txt")
    with open(trace, "w", encoding="utf-8") as file:
        file.write("a trace")
    holder.uploadTestResult("Voltage", False, value="4.2", attachment=trace)
results = holder.getTestResults()
assert [(row.result, row.value) for row in results] == [(True, "5.01"), (False, "4.2")], results
assert results[0].getTestTemplate().test_name == "Voltage"
assert results[1].attachment.startswith("/media/"), results[1].attachment
StockItemTestResult.bulkDelete(api, items=[row.pk for row in results])
assert holder.getTestResults() == []

# Barcodes.
holder.assignBarcode("a label")
assert holder.barcode_hash
assert api.scanBarcode("a label")["stockitem"]["pk"] == holder.pk
assert api.scanBarcode({"stocklocation": shelf.pk})["stocklocation"]["pk"] == shelf.pk
try:
    boards[1].assignBarcode("a label")
    raise AssertionError("a barcode stands on two things")
except requests.exceptions.HTTPError:
    pass
holder.unassignBarcode()
assert not holder.barcode_hash

# Sold.
customer = Company.create(api, {"name": "Customer", "is_customer": True, "is_supplier": False, "description": "d"})
boards[2].assignStock(customer, notes="delivered")
boards[2].reload()
assert boards[2].customer == customer.pk and boards[2].location is None
boards[1].delete()
assert len(StockItem.list(api, part=board.pk)) == 2
print("all is well")
