"""Where a setting's value comes from, and how what is wrong with it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BadConfiguration, BadSetting, NoConfiguration, NotToml, UnknownSetting
from engine.settings import sources
from engine.settings.catalogue import Limits, catalogue
from engine.settings.sources import Row, Settings

CATALOGUE = catalogue([Limits("A4", "auditor", 25_000, 5), Limits("A10", "observability", 5_000, 1)])
KEY, VARIABLE = "agents.a4.timeout_ms", "NEXUS_AGENTS_A4_TIMEOUT_MS"


@pytest.fixture(autouse=True)
def no_platform_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "platform"))


def gathered(
    directory: Path,
    text: str | None = None,
    environ: dict[str, str] | None = None,
    rows: tuple[Row, ...] = (),
    **flags: str,
) -> Settings:
    if text is not None:
        (directory / "config.toml").write_text(text, encoding="utf-8")
    return sources.gather(CATALOGUE, directory, environ or {}, rows=rows, flags=flags)


def test_flag_over_variable_over_row_over_file_over_default(tmp_path: Path) -> None:
    row = (Row("language", "en", 1, "ana, cli"),)
    default = gathered(tmp_path)
    assert (default.values["language"].value, default.values["language"].source) == ("", "default")
    file = 'language = "pt"\n'
    assert gathered(tmp_path, file).values["language"].source == "config.toml"
    live = gathered(tmp_path, file, rows=row).values["language"]
    assert (live.value, live.source, live.where, live.at_ms) == ("en", "setting", "ana, cli", 1)
    variable = gathered(tmp_path, file, {"NEXUS_LANG": "pt_BR"}, row).values["language"]
    assert (variable.value, variable.source, variable.where) == ("pt", "env", "NEXUS_LANG")
    assert gathered(tmp_path, file, {"NEXUS_LANG": "pt_BR"}, row, language="en").values["language"].source == "flag"


def test_tables_of_the_file_are_settings_and_limits_are_per_agent(tmp_path: Path) -> None:
    settings = gathered(
        tmp_path, "[agents.a4]\ntimeout_ms = 40000\n[agents]\na10.max_attempts = 2\n[http]\nenabled = true\n"
    ).checked()
    assert settings.limits()["A4"][2:] == (40_000, 5)
    assert settings.limits()["A10"][2:] == (5_000, 2)
    assert settings.switch("http.enabled") is True


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("[http]\nprot = 1\n", UnknownSetting, "there is no setting http.prot, did you mean http.port?"),
        ("[zzz]\n", UnknownSetting, "there is no setting zzz."),
        ("[http]\nport = 70000\n", BadSetting, "http.port is 0 to 65535, not 70000."),
        ("[http]\nport = true\n", BadSetting, "http.port is a whole number, not true."),
        ("[http]\nport = 1.5\n", BadSetting, "http.port is a whole number, not 1.5."),
        ("[http]\nenabled = 1\n", BadSetting, "http.enabled is true or false, not 1."),
        ("tenant = 3\n", BadSetting, "tenant is text, not 3."),
        ('tenant = ""\n', BadSetting, "tenant needs a value."),
        ('tenant = "a\\u001b[2J"\n', BadSetting, "tenant is one line"),
        ('language = "ptolemy"\n', BadSetting, "language is pt or en, not ptolemy."),
        ('[display]\nzone = "../../etc/passwd"\n', BadSetting, "display.zone is a zone"),
        ('[display]\nzone = "Mars/Olympus"\n', BadSetting, "display.zone is a zone"),
        ('[http]\nweb_ui_origin = "https://a.example/path"\n', BadSetting, "http.web_ui_origin is an origin"),
        ('[telemetry]\notlp_url = "ftp://x"\n', BadSetting, "telemetry.otlp_url is an address"),
        ('[github]\nrepository = "x"\n', BadSetting, "github.repository is owner/name"),
        ("language = \n", NotToml, "config.toml: "),
        ("language = 'pt'\nlanguage = 'en'\n", NotToml, "config.toml: "),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_file_and_key(
    tmp_path: Path, text: str, error: type[BadConfiguration], said: str
) -> None:
    settings = gathered(tmp_path, text)
    [problem] = settings.problems
    assert type(problem) is error and problem.exit_code == 78
    assert str(tmp_path / "config.toml") in str(problem) and said in str(problem)
    assert "\x1b" not in str(problem)
    with pytest.raises(error):
        settings.checked()


def test_everything_that_is_wrong_is_found_at_once(tmp_path: Path) -> None:
    settings = gathered(tmp_path, "[http]\nport = -1\nprot = 1\n", {VARIABLE: "soon"})
    assert [problem.code for problem in settings.problems] == ["NX-C05", "NX-C04", "NX-C05"]
    assert VARIABLE in str(settings.problems[-1])


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    [problem] = gathered(tmp_path, '[exporters]\nsentry_dsn = "https://canary@sentry.example/1"\n').problems
    assert "nexus secrets set SENTRY_DSN" in str(problem) and "canary" not in str(problem)


def test_credentials_within_an_address_are_not_shown(tmp_path: Path) -> None:
    settings = gathered(
        tmp_path, environ={"OTEL_EXPORTER_URL": "https://user:canary@otlp.example/v1?key=canary"}
    ).checked()
    shown = settings.values["telemetry.otlp_url"]
    assert shown.shown == "https://********@otlp.example/v1?********"
    assert "canary" in str(shown.value)
    [problem] = gathered(tmp_path, environ={"OTEL_EXPORTER_URL": "ftp://user:canary@otlp.example/"}).problems
    assert "canary" not in str(problem)


def test_a_row_of_another_version_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    settings = gathered(
        tmp_path, rows=(Row("agents.a99.timeout_ms", "1", 1, "x"), Row(KEY, "never", 1, "x"), Row(KEY, "30000", 2, "x"))
    ).checked()
    assert settings.number(KEY) == 30_000
    assert [one.code for one in settings.warnings] == ["NX-C04", "NX-C05"]


def test_no_row_decides_which_code_is_loaded(tmp_path: Path) -> None:
    settings = gathered(tmp_path, rows=(Row("secrets.keyring", "evil.Keyring", 1, "x"),))
    assert settings.text("secrets.keyring") == "auto"


def test_a_variable_that_is_nearly_one_is_a_warning(tmp_path: Path) -> None:
    [warning] = (
        gathered(tmp_path, environ={"NEXUS_AGENTS_A4_TIMEOUTMS": "1", "NEXUS_DATA_DIR": "/x", "NEXUS_SEEDS": "3"})
        .checked()
        .warnings
    )
    assert f"did you mean {VARIABLE}?" in str(warning)


def test_a_named_file_must_be_there_and_another_is_not_looked_for(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('language = "pt"\n')
    absent = {"NEXUS_CONFIG": str(tmp_path / "absent.toml")}
    [problem] = gathered(tmp_path, environ=absent).problems
    assert isinstance(problem, NoConfiguration) and "absent.toml" in str(problem)


def test_the_data_directory_comes_before_the_platforms_folder(tmp_path: Path) -> None:
    platform = tmp_path / "platform" / "nexus"
    platform.mkdir(parents=True)
    (platform / "config.toml").write_text('tenant = "platform"\n')
    data = tmp_path / "data"
    data.mkdir()
    assert gathered(data).text("tenant") == "platform"
    assert gathered(data, 'tenant = "data"\n').text("tenant") == "data"


def test_a_pipe_in_the_place_of_the_file_does_not_hang(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "config.toml")
    [problem] = gathered(tmp_path).problems
    assert isinstance(problem, NoConfiguration)
