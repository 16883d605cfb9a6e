"""The register's CSV files: what is read, and what is said of what is not."""

import csv
import io
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.model import Customer, Order
from shops.csv_rows import RowProblem
from shops.register_csv import RegisterRefused, is_held_column, mask_hetu, read_register

HEAD = "customer_id,name,email\n"


class Load(Protocol):
    def __call__(
        self, customers: str | bytes | None = None, orders: str | bytes | None = None, *, strict: bool = False
    ) -> tuple[list[Customer], list[Order], list[RowProblem]]: ...


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write the files and read them: (customers, orders, problems)."""

    def load(
        customers: str | bytes | None = None, orders: str | bytes | None = None, *, strict: bool = False
    ) -> tuple[list[Customer], list[Order], list[RowProblem]]:
        for name, content in (("customers.csv", customers), ("orders.csv", orders)):
            if content is not None:
                (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        records = list(read_register(tmp_path, strict=strict))
        return (
            [r for r in records if isinstance(r, Customer)],
            [r for r in records if isinstance(r, Order)],
            [r for r in records if isinstance(r, RowProblem)],
        )

    return load


def places(problems: list[RowProblem]) -> list[tuple[str, int, str]]:
    return [(p.file, p.line, p.column) for p in problems]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_every_usual_way_to_write_csv_is_read(load: Load, mark: bytes, delimiter: str, ending: str) -> None:
    text = ending.join(["customer_id,name,email", "C1,Äiti Mallinen,Aiti@Example.com", ""])
    customers, _, problems = load(mark + text.replace(",", delimiter).encode())
    assert customers == [Customer("C1", name="Äiti Mallinen", email="Aiti@Example.com")]
    assert problems == []


def test_column_names_are_found_without_case_spaces_and_lines(load: Load) -> None:
    customers, _, problems = load(" Customer ID ;E-MAIL;Postal-Code\nC1; malli@example.com ;00100\n")
    assert customers == [Customer("C1", email="malli@example.com", postal_code="00100")]
    assert problems == []


def test_every_column_of_the_contract_lands_in_its_field(load: Load) -> None:
    head = (
        "customer_id,name,email,phone,street,postal_code,city,country,language,birth_date,company,"
        "marketing_email,marketing_phone,marketing_post,registered_on"
    )
    row = head.replace("email,phone", "malli@example.com,phone")
    customers, orders, problems = load(
        f"{head}\n{row}\n",
        "order_id,customer_id,ordered_on,total,currency,status,paid,items,email\n"
        "O1,customer_id,2024-05-01,12.50,EUR,sent,yes,2 x kortti,malli@example.com\n",
    )
    assert problems == []
    assert [getattr(customers[0], name) for name in head.split(",")] == row.split(",")
    assert orders == [
        Order(
            "O1",
            "customer_id",
            "2024-05-01",
            "12.50",
            "EUR",
            "sent",
            "yes",
            "2 x kortti",
            "malli@example.com",
        )
    ]


def test_unknown_columns_are_kept_and_identity_columns_held(load: Load) -> None:
    customers, _, problems = load(
        "customer_id,email,shoe size,HETU,Passin numero\nC1,m@example.com,42,131052-308T,XP1234567\n"
    )
    assert customers[0].extra == {"shoe size": "42"}
    assert customers[0].held == {"HETU": "131052-308T", "Passin numero": "XP1234567"}
    assert problems == []


@pytest.mark.parametrize(
    "name",
    [
        *(
            "hetu",
            "HETU ",
            "asiakas_hetu",
            "henkilötunnus",
            "Henkilotunnus",
            "henkilo\u0308tunnus",
            "SSN",
            "sotu",
        ),
        *("passi", "passinumero", "Passin numero", "passport", "passport no", "social security no"),
    ],
)
def test_a_column_named_for_an_identity_number_is_held(name: str) -> None:
    assert is_held_column(name)


@pytest.mark.parametrize("name", ["passiivinen", "lassi", "notes", "hetulainen_alue", "compass", "password"])
def test_a_column_with_another_name_is_open(name: str) -> None:
    assert not is_held_column(name)


@pytest.mark.parametrize("separator", "+-ABCDEFUVWXY")
def test_identity_codes_are_masked_with_every_separator(separator: str) -> None:
    # Born in 2012 or before, so that the day has come in every century.
    code = "131012" + separator + "308" + _check("131012308")
    assert mask_hetu(f"nro {code}, kiitos") == "nro [henkilötunnus], kiitos"
    assert mask_hetu(code.lower()) == "[henkilötunnus]"


def _check(digits: str) -> str:
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31]


def test_a_test_persons_code_is_masked_and_a_wrong_one_is_not() -> None:
    assert mask_hetu("131052-9" + "02" + _check("131052902")) == "[henkilötunnus]"
    assert mask_hetu("131052-308A") == "131052-308A"
    assert mask_hetu("1131052-308T") == "1131052-308T"


def test_an_identity_code_in_an_open_column_is_masked_and_reported(load: Load) -> None:
    customers, _, problems = load("customer_id,email,note\nC1,m@example.com,soita 131052\u2013308T\n")
    assert customers[0].extra == {"note": "soita [henkilötunnus]"}
    assert places(problems) == [("customers.csv", 2, "note")]
    assert not problems[0].grave


def test_an_identity_code_as_customer_number_is_refused(load: Load) -> None:
    customers, _, problems = load("customer_id,email\n131052-308T,m@example.com\n")
    assert customers == []
    assert places(problems) == [("customers.csv", 2, "customer_id")]


def test_an_identity_column_of_orders_is_told_of_and_not_kept(load: Load) -> None:
    _, orders, _ = load(HEAD + "C1,M,m@example.com\n", "order_id,customer_id,hetu\nO1,C1,131052-308T\n")
    assert orders[0].extra == {"hetu": "[held]"}


def test_bad_rows_are_named_by_line_and_the_rest_goes_on(load: Load) -> None:
    customers, _, problems = load(
        HEAD
        + "C1,Malli Yksi,yksi@example.com\n"
        + "C2,too few\n"
        + "C3,too,many@example.com,fields\n"
        + ",No Number,nro@example.com\n"
        + "C1,Twice,twice@example.com\n"
        + "\n"
        + ",,\n"
        + "C4,Malli Neljä,not an address\n"
        + "C5,Malli Viisi,\n"
        + "C6,Malli Kuusi,kuusi@example.com\n"
    )
    assert [c.customer_id for c in customers] == ["C1", "C4", "C5", "C6"]
    assert [(p.line, p.column, p.grave) for p in problems] == [
        (3, "", True),
        (4, "", True),
        (5, "customer_id", True),
        (6, "customer_id", True),
        (9, "email", True),
        (10, "email", False),
    ]
    assert "line 2 already" in problems[3].what


def test_a_customer_with_a_bad_address_is_kept_without_it(load: Load) -> None:
    """Or else the person would be told that the shop holds nothing."""
    customers, _, _ = load(HEAD + "C1,Malli,malli at example.com\n")
    assert customers[0].email == ""
    assert customers[0].extra == {"email (not valid)": "malli at example.com"}


def test_problems_quote_no_value(load: Load) -> None:
    _, _, problems = load(
        "customer_id,name,email,note\n"
        "C77,Malli,malli at example.com,131052-308T\n"
        "C77,Malli,m@example.com,\n"
        "C78,x\n"
    )
    told = "\n".join(map(str, problems))
    assert len(problems) == 4
    for value in ("C77", "Malli", "example.com", "131052", "C78"):
        assert value not in told


def test_lines_are_counted_as_in_the_file_where_fields_span_several(load: Load) -> None:
    customers, _, problems = load(
        HEAD
        + 'C1,"Malli\nMallinen",yksi@example.com\n'
        + "C2,few\n"
        + 'C3,"a\r\nb\rc",kolme@example.com\n'
        + "C4,M,bad\n"
        + '"C5\n",few\n'
    )
    assert [c.customer_id for c in customers] == ["C1", "C3", "C4"]
    assert [p.line for p in problems] == [4, 8, 9]
    assert "ends on line 10" in problems[2].what


def test_a_quotation_never_closed_costs_one_row(load: Load) -> None:
    customers, _, problems = load(
        HEAD
        + 'C1,"Malli,yksi@example.com\n'
        + "C2,M,kaksi@example.com\n" * 1
        + 'C3,"Kolme",kolme@example.com\n'
    )
    assert [c.customer_id for c in customers] == ["C2", "C3"]
    assert places(problems) == [("customers.csv", 2, "")]


def test_a_quotation_never_closed_costs_one_row_at_the_end_too(load: Load) -> None:
    rows = "".join(f"C{number},M,m{number}@example.com\n" for number in range(2, 9000))
    customers, _, problems = load(HEAD + 'C1,"Malli,yksi@example.com\n' + rows)
    assert len(customers) == 8998
    assert places(problems) == [("customers.csv", 2, "")]


def test_bytes_that_are_no_utf8_spoil_their_row_only(load: Load) -> None:
    customers, _, problems = load(
        HEAD.encode()
        + "C1,Äiti,yksi@example.com\n".encode("latin-1")
        + b"C2,M,kaksi@example.com\nC3,\0,k@example.com\n"
    )
    assert [c.customer_id for c in customers] == ["C2"]
    assert [(p.line, "UTF-8" in p.what) for p in problems] == [(2, True), (4, False)]


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        (None, 0, "is not in"),
        ("", 1, "is empty"),
        ("\n\n", 1, "is empty"),
        ("customer_id,name\nC1,M\n", 1, "name the right one email"),
        ("\n\nid;email\n1;m@example.com\n", 3, "no column is named customer_id"),
        ("C1,Malli,malli@example.com\n", 1, "first row must name the columns"),
        ("customer_id,email,Customer Id\nC1,m@example.com,C1\n", 1, "stands twice"),
        ("customer_id,email\n".encode("utf-16"), 0, "UTF-16"),
        (b"customer_id,email,\xe4\n", 1, "UTF-8"),
        ('customer_id,"email\n', 1, "header row"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    load: Load, content: str | bytes | None, line: int, told: str
) -> None:
    customers, orders, problems = load(content, "order_id,email\nO1,m@example.com\n")
    assert (customers, orders) == ([], [])
    assert places(problems)[0] == ("customers.csv", line, "")
    assert told in problems[0].what
    assert problems[0].whole_file


def test_excels_own_first_line_is_understood(load: Load) -> None:
    customers, _, problems = load("sep=;\r\ncustomer_id;email;name\r\nC1;m@example.com;Malli, Oy\r\n")
    assert (customers[0].name, problems) == ("Malli, Oy", [])


def test_the_delimiter_is_the_one_that_finds_the_columns(load: Load) -> None:
    customers, _, problems = load('customer_id;"a,b,c,d";email\nC1;x;m@example.com\n')
    assert customers[0].extra == {"a,b,c,d": "x"}
    assert problems == []


def test_orders_go_to_a_known_customer_or_to_a_guest_with_an_address(load: Load) -> None:
    _, orders, problems = load(
        HEAD + "C1,M,m@example.com\n",
        "order_id;customer_id;email\n"
        "O1;C1;\n"
        "O2;;guest@example.com\n"
        "O3;C9;other@example.com\n"
        "O4;C9;\n"
        "O5;;\n"
        "O6;C1;bad\n"
        "O1;C1;\n",
    )
    assert [(o.order_id, o.customer_id, o.email) for o in orders] == [
        ("O1", "C1", ""),
        ("O2", "", "guest@example.com"),
        ("O3", "", "other@example.com"),
        ("O6", "C1", ""),
    ]
    assert [(p.line, p.column, p.grave) for p in problems] == [
        (4, "customer_id", False),
        (5, "customer_id", True),
        (6, "customer_id", True),
        (7, "email", True),
        (8, "order_id", True),
    ]


def test_strict_stops_at_the_first_bad_row(load: Load) -> None:
    with pytest.raises(RegisterRefused, match="line 3, column email"):
        load(HEAD + "C1,M,\nC2,M,bad\n", strict=True)


def test_strict_lets_a_remark_pass(load: Load) -> None:
    customers, _, problems = load(HEAD + "C1,M,\n", strict=True)
    assert (len(customers), len(problems)) == (1, 1)


FIELD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(st.lists(st.tuples(FIELD, FIELD), max_size=12), st.sampled_from(";,"), st.sampled_from(["\n", "\r\n"]))
def test_whatever_a_csv_writer_writes_is_read_on_the_right_line(
    rows: list[tuple[str, str]], delimiter: str, ending: str
) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerow(["customer_id", "email", "note", "more"])
    begins = []
    for number, (note, more) in enumerate(rows):
        begins.append(len(io.StringIO(buffer.getvalue(), newline=None).readlines()) + 1)
        writer.writerow([f"C{number}", "", note, more])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "customers.csv").write_bytes(buffer.getvalue().encode())
        records = list(read_register(Path(folder)))
    lines = [r.line for r in records if isinstance(r, RowProblem) and r.column == "email"]
    assert lines == begins
    for (note, more), customer in zip(rows, [r for r in records if isinstance(r, Customer)], strict=True):
        wanted = {"note": mask_hetu(note.strip()), "more": mask_hetu(more.strip())}
        assert customer.extra == {name: value for name, value in wanted.items() if value}


ODD = st.lists(
    st.sampled_from(
        [b'"', b",", b";", b"\n", b"\r", b"\0", b"\xff", b"C1", b"m@example.com", b'""', b"\xc3\xa4", b" "]
    )
    | st.binary(max_size=6),
    max_size=40,
).map(b"".join)


@given(ODD, ODD)
@settings(max_examples=300)
def test_no_bytes_break_the_reading(customers: bytes, orders: bytes) -> None:
    """Whatever a file holds, records and problems come out, each problem on a line the file has."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "customers.csv").write_bytes(b"customer_id,email,x\n" + customers)
        (Path(folder) / "orders.csv").write_bytes(b"order_id;email\n" + orders)
        for record in read_register(Path(folder)):
            if isinstance(record, RowProblem):
                content = customers if record.file == "customers.csv" else orders
                assert 0 <= record.line <= 2 + content.count(b"\n") + content.count(b"\r")


@given(st.binary(max_size=80))
def test_no_header_breaks_the_reading(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "customers.csv").write_bytes(content)
        assert list(read_register(Path(folder)))


def test_a_hundred_thousand_customers_are_read_fast_and_in_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "customers.csv").open("w") as file:
        file.write("customer_id,name,email,street,city,birth_date\n")
        for number in range(100_000):
            file.write(
                f"C{number},Malli {number},malli{number}@example.com,Katu {number},Helsinki,1.1.1990\n"
            )
    started = time.perf_counter()
    assert sum(1 for _ in read_register(tmp_path)) == 100_000
    assert time.perf_counter() - started < 10
    tracemalloc.start()
    for number, _ in enumerate(read_register(tmp_path)):
        if number == 20_000:
            break
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Only the ids seen are kept: well under 500 bytes a customer.
    assert peak < 20_000 * 500
