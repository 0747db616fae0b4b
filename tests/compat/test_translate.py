"""Amazon Translate's client."""

import json
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

ORDER, BESTELLUNG = "Where is my order?", "Wo ist meine Bestellung?"
TERMS = "en,de,fr\nCloud Runner,Wolkenläufer,Coureur\nTote Bag,Stoffbeutel,\n"
RUNNER = "The Cloud Runner is back in stock."


@pytest.fixture(scope="module")
def translate(connect):
    return connect("translate")


@pytest.fixture
def terms(translate):
    """The name of a terminology."""
    data = {"File": TERMS.encode(), "Format": "CSV"}
    translate.import_terminology(Name="shop", MergeStrategy="OVERWRITE", TerminologyData=data)
    yield "shop"
    translate.delete_terminology(Name="shop")


def ask(translate, text=ORDER, source="en", target="de", **more):
    answer = translate.translate_text(
        Text=text, SourceLanguageCode=source, TargetLanguageCode=target, **more
    )
    answer.pop("ResponseMetadata")
    return answer


def refused(call, **request):
    """The name of the error that a request meets, and its members."""
    with pytest.raises(ClientError) as raised:
        call(**request)
    response = raised.value.response
    assert isinstance(raised.value, ClientError)
    return response["Error"]["Code"], response


def test_a_text(translate):
    assert ask(translate) == {
        "TranslatedText": BESTELLUNG,
        "SourceLanguageCode": "en",
        "TargetLanguageCode": "de",
    }


def test_auto_gives_the_language_that_was_found(translate):
    answer = ask(translate, BESTELLUNG, "auto", "en")
    assert (answer["SourceLanguageCode"], answer["TargetLanguageCode"]) == ("de", "en")
    assert "order" in answer["TranslatedText"]


def test_settings_that_are_not_honoured_are_not_named(translate):
    settings = {"Formality": "FORMAL", "Profanity": "MASK", "Brevity": "ON"}
    assert ask(translate, Settings=settings)["AppliedSettings"] == {}


@pytest.mark.parametrize(
    ("text", "source", "target", "members"),
    [
        (ORDER, "en", "xx", {"SourceLanguageCode": "en", "TargetLanguageCode": "xx"}),
        (ORDER, "xx", "de", {"SourceLanguageCode": "xx", "TargetLanguageCode": "de"}),
        (ORDER, "en", "es-MX", {"SourceLanguageCode": "en", "TargetLanguageCode": "es-MX"}),
        (
            "Waar is mijn bestelling? Ik wacht er al een week op.",
            "auto",
            "de",
            {"SourceLanguageCode": "nl", "TargetLanguageCode": "de"},
        ),
    ],
)
def test_languages_that_are_not_served(translate, text, source, target, members):
    code, response = refused(ask, translate=translate, text=text, source=source, target=target)
    assert code == "UnsupportedLanguagePairException"
    assert members.items() <= response.items()
    assert "de, en, es, fr" in response["Error"]["Message"]


def test_a_text_in_no_language_that_is_recognised(translate):
    code, response = refused(ask, translate=translate, text="Kxrt bnm", source="auto")
    assert code == "DetectedLanguageLowConfidenceException"
    assert response["DetectedLanguageCode"] == "und"


def test_a_text_without_letters_comes_back(translate):
    answer = ask(translate, "12 345", "auto")
    assert answer["TranslatedText"] == "12 345"
    assert answer["SourceLanguageCode"] == "und"


@pytest.mark.parametrize("text", ["x" * 10_001, "ü" * 5_001])
def test_a_text_that_is_too_long(translate, text):
    code, response = refused(ask, translate=translate, text=text)
    assert code == "TextSizeLimitExceededException"
    assert "at most 10,000" in response["Error"]["Message"]


def test_an_exception_is_the_clients_own_class(translate):
    with pytest.raises(translate.exceptions.UnsupportedLanguagePairException):
        ask(translate, target="xx")
    with pytest.raises(translate.exceptions.ResourceNotFoundException):
        translate.get_terminology(Name="nowhere")


def test_a_request_that_does_not_fit(translate):
    for field, value in (("Settings", {"Formality": "RUDE"}), ("SourceLanguageCode", "english")):
        request = {"Text": ORDER, "SourceLanguageCode": "en", "TargetLanguageCode": "de"}
        code, response = refused(translate.translate_text, **(request | {field: value}))
        assert code == "InvalidRequestException"
        assert f"/{field}" in response["Error"]["Message"]


def test_languages(translate):
    answer = translate.list_languages()
    codes = [it["LanguageCode"] for it in answer["Languages"]]
    assert {"auto", "en", "de", "fr", "es"} <= set(codes)
    assert answer["DisplayLanguageCode"] == "en"
    paged, token = [], {}
    while True:
        page = translate.list_languages(MaxResults=2, **token)
        paged += [it["LanguageCode"] for it in page["Languages"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert paged == codes


def test_languages_are_named_in_english(translate):
    code, response = refused(translate.list_languages, DisplayLanguageCode="fr")
    assert code == "UnsupportedDisplayLanguageCodeException"
    assert response["DisplayLanguageCode"] == "fr"
    code, _ = refused(translate.list_languages, NextToken="next")
    assert code == "InvalidParameterValueException"


# ---- terminologies ------------------------------------------------------------------------------


def test_the_terms_of_a_terminology_are_used_and_named(translate, terms):
    answer = ask(translate, RUNNER, "auto", TerminologyNames=[terms])
    assert answer["TranslatedText"] == "Der Wolkenläufer ist wieder auf Lager."
    (applied,) = answer["AppliedTerminologies"]
    assert applied == {
        "Name": terms,
        "Terms": [{"SourceText": "Cloud Runner", "TargetText": "Wolkenläufer"}],
    }
    assert (
        "Coureur" in ask(translate, RUNNER, target="fr", TerminologyNames=[terms])["TranslatedText"]
    )


def test_terms_match_in_their_own_case_and_direction(translate, terms):
    other_case = ask(translate, "The cloud runner is back.", TerminologyNames=[terms])
    assert other_case["AppliedTerminologies"] == [{"Name": terms, "Terms": []}]
    back = ask(translate, "Der Wolkenläufer ist da.", "de", "en", TerminologyNames=[terms])
    assert back["AppliedTerminologies"] == [{"Name": terms, "Terms": []}]
    data = {"File": TERMS.encode(), "Format": "CSV", "Directionality": "MULTI"}
    translate.import_terminology(Name=terms, MergeStrategy="OVERWRITE", TerminologyData=data)
    back = ask(translate, "Der Wolkenläufer ist da.", "de", "en", TerminologyNames=[terms])
    assert "Cloud Runner" in back["TranslatedText"]


def test_the_services_own_route_uses_them_too(url, terms):
    body = {"text": RUNNER, "target": "de", "terminologies": [terms]}
    body["glossary"] = [{"source": "in stock", "target": "lieferbar"}]
    request = urllib.request.Request(
        f"{url}/v1/translate", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        (translation,) = json.load(answer)["translations"]
    applied = {(it["target"], it.get("terminology")) for it in translation["glossary_applied"]}
    assert applied == {("Wolkenläufer", terms), ("lieferbar", None)}


def test_a_term_may_be_what_is_put_aside_or_an_entity(translate):
    rows = "en,de\nR&D 3000,F&E 3000\n3 in 1,3-fach\n"
    data = {"File": rows.encode(), "Format": "CSV"}
    translate.import_terminology(Name="odd", MergeStrategy="OVERWRITE", TerminologyData=data)
    try:
        content = b"<p>The R&amp;D 3000 is a 3 in 1 tool.</p>"
        answer = document(translate, content, "text/html", TerminologyNames=["odd"])
        assert b"3-fach" in answer["TranslatedDocument"]["Content"]
        assert b"F&amp;E 3000" in answer["TranslatedDocument"]["Content"]
    finally:
        translate.delete_terminology(Name="odd")


def test_the_services_own_route_says_which_are_kept(url, terms):
    body = {"text": RUNNER, "target": "de", "terminologies": ["nowhere"]}
    request = urllib.request.Request(
        f"{url}/v1/translate", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(request)
    with raised.value as answer:
        problem = json.load(answer)
    assert (problem["status"], problem["type"].rpartition(":")[2]) == (422, "unknown-terminology")
    assert terms in problem["detail"]


def test_a_terminology_is_told_of_and_given_back(translate, terms):
    answer = translate.get_terminology(Name=terms)
    about = answer["TerminologyProperties"]
    assert (about["SourceLanguageCode"], about["TargetLanguageCodes"]) == ("en", ["de", "fr"])
    assert (about["TermCount"], about["SizeBytes"]) == (2, len(TERMS.encode()))
    with urllib.request.urlopen(answer["TerminologyDataLocation"]["Location"]) as file:
        assert file.read() == TERMS.encode()
    tabbed = translate.get_terminology(Name=terms, TerminologyDataFormat="TSV")
    with urllib.request.urlopen(tabbed["TerminologyDataLocation"]["Location"]) as file:
        assert file.read().decode().splitlines() == TERMS.replace(",", "\t").splitlines()


def test_terminologies_are_listed(translate, terms):
    data = {"File": "de\ten\nWolkenläufer\tCloud Runner\nkaputt\n".encode(), "Format": "TSV"}
    made = translate.import_terminology(
        Name="back", MergeStrategy="OVERWRITE", TerminologyData=data, Description="of the other"
    )
    assert made["TerminologyProperties"]["SkippedTermCount"] == 1
    try:
        found = translate.list_terminologies()["TerminologyPropertiesList"]
        assert [it["Name"] for it in found] == ["back", terms]
        assert found[0]["Description"] == "of the other"
        first = translate.list_terminologies(MaxResults=1)
        assert [it["Name"] for it in first["TerminologyPropertiesList"]] == ["back"]
        then = translate.list_terminologies(NextToken=first["NextToken"])
        assert [it["Name"] for it in then["TerminologyPropertiesList"]] == [terms]
    finally:
        translate.delete_terminology(Name="back")


def test_importing_again_replaces_a_terminology(translate, terms):
    before = translate.get_terminology(Name=terms)["TerminologyProperties"]
    data = {"File": b"en,de\nCloud Runner,Wolke 7\n", "Format": "CSV"}
    translate.import_terminology(Name=terms, MergeStrategy="OVERWRITE", TerminologyData=data)
    after = translate.get_terminology(Name=terms)["TerminologyProperties"]
    assert after["CreatedAt"] == before["CreatedAt"]
    assert after["LastUpdatedAt"] > before["LastUpdatedAt"]
    assert "Wolke 7" in ask(translate, RUNNER, TerminologyNames=[terms])["TranslatedText"]


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (b"", "is empty"),
        (b"en\nhello\n", "one column"),
        (b"english,german\nhello,hallo\n", "'english'"),
        (b"en,en\nhello,hallo\n", "'en'"),
        (b"en,de\n", "no terms"),
        (b"en,de\nhello\n", "no terms"),
        (b'en,de\n"hello,hallo\n', "RFC 4180"),
        (b"en,de\n\xff,hallo\n", "UTF-8"),
    ],
)
def test_a_file_that_is_no_terminology(translate, file, message):
    data = {"File": file, "Format": "CSV"}
    code, response = refused(
        translate.import_terminology, Name="x", MergeStrategy="OVERWRITE", TerminologyData=data
    )
    assert code == "InvalidParameterValueException"
    assert message in response["Error"]["Message"]


@pytest.mark.parametrize(
    "more",
    [
        {"Tags": [{"Key": "a", "Value": "b"}]},
        {"EncryptionKey": {"Type": "KMS", "Id": "alias/shop"}},
        {"TerminologyData": {"File": b"<tmx/>", "Format": "TMX"}},
    ],
)
def test_what_an_import_would_ignore_is_refused(translate, more):
    data = {"File": TERMS.encode(), "Format": "CSV"}
    request = {"Name": "x", "MergeStrategy": "OVERWRITE", "TerminologyData": data} | more
    assert refused(translate.import_terminology, **request)[0] == "InvalidParameterValueException"
    assert translate.list_terminologies()["TerminologyPropertiesList"] == []


def test_a_file_that_is_too_large(translate):
    data = {"File": b"en,de\n" + b"red,rot\n" * 25_000, "Format": "CSV"}
    code, response = refused(
        translate.import_terminology, Name="x", MergeStrategy="OVERWRITE", TerminologyData=data
    )
    assert code == "LimitExceededException"
    assert "262,144" in response["Error"]["Message"]


def test_a_terminology_that_is_not_there(translate):
    code, _ = refused(ask, translate=translate, TerminologyNames=["nowhere"])
    assert code == "ResourceNotFoundException"
    assert refused(translate.delete_terminology, Name="nowhere")[0] == "ResourceNotFoundException"


# ---- documents ----------------------------------------------------------------------------------


def document(translate, content, media_type, **more):
    return translate.translate_document(
        Document={"Content": content, "ContentType": media_type},
        SourceLanguageCode="en",
        TargetLanguageCode="de",
        **more,
    )


def test_a_document_of_text(translate, terms):
    content = f"{ORDER}\n\n{RUNNER}\n".encode()
    answer = document(translate, content, "text/plain", TerminologyNames=[terms])
    lines = answer["TranslatedDocument"]["Content"].decode().split("\n")
    assert lines[0] == BESTELLUNG
    assert lines[1] == lines[3] == ""
    assert lines[2] == "Der Wolkenläufer ist wieder auf Lager."
    assert answer["AppliedTerminologies"][0]["Name"] == terms


def test_a_document_of_html(translate):
    content = f"<!doctype html><p class='x'>{ORDER}</p><pre>{ORDER}</pre>".encode()
    answer = document(translate, content, "text/html")
    html = answer["TranslatedDocument"]["Content"].decode()
    assert html.startswith(f"<!doctype html><p class='x'>{BESTELLUNG}</p>")


def test_a_document_longer_than_a_text(translate):
    content = "".join(f"{number}: {ORDER}\n" for number in range(500)).encode()
    assert len(content) > 10_000
    answer = document(translate, content, "text/plain")
    lines = answer["TranslatedDocument"]["Content"].decode().splitlines()
    assert lines[-1] == f"499: {BESTELLUNG}"
    assert len(lines) == 500


@pytest.mark.parametrize(
    ("content", "media_type", "expected", "message"),
    [
        (b"x", "application/pdf", "InvalidRequestException", "text/plain or text/html"),
        (b"\xff\xfe", "text/plain", "InvalidRequestException", "byte 0"),
        (b"a b\n" * 12_501, "text/plain", "LimitExceededException", "at most 50,000"),
        ("ä ".encode() * 34_200, "text/plain", "LimitExceededException", "at most 102,400"),
    ],
)
def test_a_document_that_is_not_taken(translate, content, media_type, expected, message):
    code, response = refused(document, translate=translate, content=content, media_type=media_type)
    assert code == expected
    assert message in response["Error"]["Message"]
