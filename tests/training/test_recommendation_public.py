"""Public data sets, on small files of the same layout."""

from datetime import datetime

import numpy as np
import pytest

from training.errors import DataError
from training.recommendation import public
from training.recommendation.datasets import LOADERS

DAY_S, HOUR_S = 86_400, 3_600


@pytest.fixture(autouse=True)
def all_items_are_kept(monkeypatch):
    monkeypatch.setattr(public, "FEWEST_EVENTS", 1)


def folder(root, name, **files):
    place = root / "retail" / name
    place.mkdir(parents=True)
    for stem, text in files.items():
        (place / f"{stem}.csv").write_text(text, encoding="utf-8")
    return root


def test_instacart_s_orders_follow_each_other_by_days(tmp_path):
    root = folder(
        tmp_path,
        "instacart",
        orders="order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,"
        "days_since_prior_order\n"
        "11,1,prior,2,3,10,4.0\n10,1,prior,1,2,08,\n20,2,prior,1,2,09,\n12,1,train,3,3,10,30.0\n",
        order_products__prior="order_id,product_id,add_to_cart_order,reordered\n"
        "10,7,1,0\n10,8,2,0\n11,8,1,1\n20,9,1,0\n",
        products="product_id,product_name,aisle_id,department_id\n"
        '7,Soda,77,7\n8,"Cheese, grated",21,16\n9,Rice,4,9\n',
    )
    data = LOADERS["instacart"](root)
    assert [item.title for item in data.catalogue] == ["Soda", "Cheese, grated", "Rice"]
    assert data.catalogue[1].fields == {"aisle": "21", "department": "16"}
    first, second = data.histories
    assert first.items.tolist() == [0, 1, 1]
    assert first.times.tolist() == [8 * HOUR_S, 8 * HOUR_S, 4 * DAY_S + 10 * HOUR_S]
    assert second.times.tolist() == [9 * HOUR_S]
    assert set(first.events.tolist()) == {public.PURCHASE}
    assert (data.timed, data.sources[0].rows) == (True, 4)


def test_retailrocket_has_three_kinds_of_events_in_milliseconds(tmp_path):
    root = folder(
        tmp_path,
        "retailrocket",
        events="timestamp,visitorid,event,itemid,transactionid\n"
        "3000,5,transaction,a,1\n1000,5,view,b,\n2000,5,addtocart,a,\n1500,6,view,b,\n",
    )
    data = LOADERS["retailrocket"](root)
    assert data.histories[0].items.tolist() == [1, 0, 0]
    assert data.histories[0].events.tolist() == [public.VIEW, public.CART, public.PURCHASE]
    assert data.histories[0].times.tolist() == [1, 2, 3]
    assert [item.title for item in data.catalogue] == ["a", "b"]


def test_a_session_of_diginetica_is_a_history(tmp_path):
    root = folder(
        tmp_path,
        "diginetica",
        **{
            "train-item-views": "sessionId;userId;itemId;timeframe;eventdate\n"
            "1;NA;a;526309;2016-05-09\n1;NA;b;1031018;2016-05-09\n2;3;b;5;2016-05-10\n",
            "products": "itemId;pricelog2;product.name.tokens\na;10;4875,776\nb;7;1,2,3\n",
        },
    )
    data = LOADERS["diginetica"](root)
    assert [len(history) for history in data.histories] == [2, 1]
    assert [item.title for item in data.catalogue] == ["4875 776", "1 2 3"]
    assert data.catalogue[0].fields == {"price_log2": 10}
    assert np.diff(data.histories[0].times).tolist() == pytest.approx([504.709])


def test_a_basket_of_the_complete_journey_is_of_one_time(tmp_path):
    arrow = pytest.importorskip("pyarrow", reason="reads the data set's format")
    import pyarrow.parquet as parquet

    place = folder(tmp_path, "complete_journey") / "retail" / "complete_journey"
    early, late = map(datetime.fromisoformat, ("2017-01-01T11:53", "2017-01-02T09:00"))
    bought = {
        "household_id": [900, 900, 900, 1],
        "product_id": [5, 6, 5, 6],
        "transaction_timestamp": [late, early, early, early],
    }
    parquet.write_table(arrow.table(bought), place / "transactions.parquet")
    products = {
        "product_id": [5, 6],
        "product_type": ["GRAPES RED", None],
        "package_size": ["18 LB", None],
        "department": ["PRODUCE", "GROCERY"],
        "brand": ["National", "Private"],
    }
    parquet.write_table(arrow.table(products), place / "products.parquet")
    data = LOADERS["complete-journey"](tmp_path)
    assert [item.title for item in data.catalogue] == ["GRAPES RED 18 LB", "GROCERY"]
    assert data.histories[0].basket_starts().tolist() == [0, 2]
    assert data.histories[0].items.tolist()[2] == 0


def test_rare_items_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(public, "FEWEST_EVENTS", 2)
    root = folder(
        tmp_path,
        "retailrocket",
        events="timestamp,visitorid,event,itemid\n1,5,view,a\n2,5,view,a\n3,5,view,b\n",
    )
    data = LOADERS["retailrocket"](root)
    assert [item.item_id for item in data.catalogue] == ["a"]
    assert len(data.histories[0]) == 2


@pytest.mark.parametrize("name", ["complete-journey", "instacart", "retailrocket", "diginetica"])
def test_a_file_that_is_not_there_is_named_with_its_source(tmp_path, name):
    with pytest.raises(DataError, match=r"No .*retail.*The data come from https://"):
        LOADERS[name](tmp_path)


def test_a_missing_column_is_named(tmp_path):
    root = folder(tmp_path, "retailrocket", events="timestamp,visitorid,event\n1,5,view\n")
    with pytest.raises(DataError, match="lacks the column itemid"):
        LOADERS["retailrocket"](root)
