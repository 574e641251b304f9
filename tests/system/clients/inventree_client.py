"""What an InvenTree script does: connects, lists categories, keeps parts. Arguments: the server, a name, a password."""
import sys

import requests
from inventree.api import InvenTreeAPI
from inventree.part import Part, PartCategory
from inventree.user import Group, Owner, User

url, username, password = sys.argv[1:]


def refused(call, *statuses):
    """The error of a call that must fail with one of these statuses."""
    try:
        call()
    except requests.exceptions.HTTPError as error:
        status = error.args[0]["status_code"] if isinstance(error.args[0], dict) else error.response.status_code
        assert status in statuses, (status, error)
        return str(error)
    raise AssertionError("it was not refused")


# Connecting: Basic becomes a token, and the same one the next time.
api = InvenTreeAPI(url, username=username, password=password, token_name="script")
assert api.server_details["server"] == "InvenTree", api.server_details
assert api.api_version >= 206, api.api_version
assert api.token
assert InvenTreeAPI(url, username=username, password=password, token_name="script").token == api.token
assert InvenTreeAPI(url, username=username, password=password, token_name="other").token != api.token
api = InvenTreeAPI(url, token=api.token)
assert api.get("user/me/")["username"] == username
roles = api.get("user/me/roles/")
assert roles["is_superuser"] is True and "delete" in roles["roles"]["part"], roles
try:
    InvenTreeAPI(url, username=username, password="not the password")
    raise AssertionError("a wrong password connects")
except (ConnectionError, requests.exceptions.RequestException) as error:
    assert "401" in str(error) or "Authentication" in str(error), error
assert [user.username for user in User.list(api)] == [username]
assert len(Owner.list(api)) >= 1
assert isinstance(Group.list(api), list)

# Categories are a tree.
electronics = PartCategory.create(api, {"name": "Electronics", "description": "All that conducts"})
resistors = PartCategory.create(api, {"name": "Resistors", "parent": electronics.pk})
assert resistors.pathstring == "Electronics/Resistors", resistors.pathstring
assert resistors.getParentCategory().pk == electronics.pk
assert [child.pk for child in electronics.getChildCategories()] == [resistors.pk]
assert PartCategory.count(api) == 2

# Parts: created, found, changed, read again, deleted.
for number in range(12):
    data = {
        "name": f"R{number:02}", "description": f"{number} ohm, thick film", "IPN": f"RES-{number:03}",
        "category": resistors.pk if number % 2 else electronics.pk,
        "active": True, "virtual": False, "minimum_stock": 2.5, "keywords": "smd",
    }
    part = Part.create(api, data)
    assert part.pk and part.name == data["name"] and float(part.minimum_stock) == 2.5, part._data
assert Part.count(api) == 12
assert len(Part.list(api, limit=5)) == 5
assert len(Part.list(api, limit=5, offset=10)) == 2
assert {part.category for part in Part.list(api, category=resistors.pk)} == {resistors.pk}
assert len(Part.list(api, category=electronics.pk, cascade=True)) == 12
assert len(Part.list(api, category=electronics.pk, cascade=False)) == 6
assert [part.name for part in Part.list(api, search="RES-007")] == ["R07"]
assert [part.name for part in Part.list(api, IPN="RES-003")] == ["R03"]
assert [part.name for part in Part.list(api, ordering="-name", limit=2)] == ["R11", "R10"]
assert len(Part.list(api, a_filter_that_nobody_knows=True)) == 12
assert len(resistors.getParts()) == 6
part = Part.list(api, IPN="RES-003")[0]
assert part.getCategory().pk == resistors.pk
part.save(data={"description": "changed", "active": False})
part.reload()
assert part.description == "changed" and part.active is False
part["notes"] = "as a whole"
part.save()
assert Part(api, part.pk).notes == "as a whole"
fields = Part.fieldNames(api)
assert "name" in fields and "category" in fields, fields

# Errors name the field, and a part in use is not deleted.
assert "name" in refused(lambda: Part.create(api, {"description": "no name", "category": resistors.pk}), 400)
assert "category" in refused(lambda: Part.create(api, {"name": "x", "description": "x", "category": 999999}), 400)
refused(lambda: Part(api, 999999), 404)
active = Part.list(api, IPN="RES-005")[0]
assert "still active" in refused(active.delete, 400)
part.delete()
assert Part.count(api) == 11
refused(part.reload, 404)
api.token = "inv-not-a-token"
refused(lambda: api.get("part/"), 401)
print("all is well")
