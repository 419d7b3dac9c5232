from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pydantic import ValidationError

from reconciler.drift.finding import Kind, Severity
from reconciler.errors import ConfigError
from reconciler.settings import LogFormat, Settings, default_state_dir, load_settings

ENVIRONMENT = '[environments.production]\naccount_id = "123456789012"\nregion = "ap-northeast-2"\n'


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)


def write(folder: Path, text: str) -> Path:
    file = folder / "reconciler.toml"
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_the_contract_of_the_design(tmp_path: Path) -> None:
    (tmp_path / "iac_templates/production").mkdir(parents=True)
    file = write(
        tmp_path,
        """
state_dir = "state"

[database]
url = "postgresql://reconciler@db/reconciler"

[terraform]
binary = "tofu"
plugin_mirrors = ["mirror"]

[provider]
memory_budget = "512MiB"
read_timeout = "2m"

[service]
interval = 90
log_format = "json"

[environments.production]
account_id = "123456789012"
region = "ap-northeast-2"
endpoint_url = "http://127.0.0.1:5000"

[workspaces.production]
environment = "production"
template = "iac_templates/production"
state = "terraform.tfstate"
variables = { queues = 3, names = ["a", "b"], deep = { on = true } }
var_files = ["production.tfvars"]
interval = "5m"
workspace = "blue"
backend_config = { bucket = "states" }

[[ignore]]
resource = "aws_autoscaling_group.*"
path = "desired_capacity"
kinds = ["changed"]
reason = "the autoscaler moves it"
owner = "platform"
expires = 2030-01-31

[[severity]]
resource_type = "aws_kms_key"
path = "policy"
level = "critical"
reason = "it opens every secret"
""",
    )
    settings = load_settings(file)
    assert settings.config_file == file
    assert settings.state_dir == tmp_path / "state"
    assert settings.database.url is not None
    assert settings.database.url.get_secret_value() == "postgresql://reconciler@db/reconciler"
    assert settings.terraform.binary == "tofu"
    assert settings.terraform.plugin_mirrors == (tmp_path / "mirror",)
    assert settings.provider.concurrency == 50
    assert settings.provider.memory_budget == 512 * 1024**2
    assert settings.provider.read_timeout == dt.timedelta(minutes=2)
    assert settings.service.interval == dt.timedelta(seconds=90)
    assert settings.service.log_format is LogFormat.JSON
    assert settings.environments["production"].endpoint_url == "http://127.0.0.1:5000"
    workspace = settings.workspace("production")
    assert workspace.template == tmp_path / "iac_templates/production"
    assert workspace.state == str(workspace.template / "terraform.tfstate")
    assert workspace.variables == {"queues": 3, "names": ["a", "b"], "deep": {"on": True}}
    assert workspace.var_files == (workspace.template / "production.tfvars",)
    assert workspace.interval == dt.timedelta(minutes=5)
    assert workspace.workspace == "blue"
    assert workspace.backend_config == {"bucket": "states"}
    assert settings.ignore[0].kinds == (Kind.CHANGED,)
    assert settings.ignore[0].expires == dt.date(2030, 1, 31)
    assert settings.severity[0].level is Severity.CRITICAL


def test_nothing_can_be_changed_afterwards(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, ENVIRONMENT))
    with pytest.raises(ValidationError):
        settings.provider.concurrency = 3  # type: ignore[misc]


@pytest.mark.parametrize("state", ["s3://bucket-a/path/to/terraform.tfstate", "/var/lib/x/terraform.tfstate"])
def test_a_state_elsewhere_stays_as_it_is(tmp_path: Path, state: str) -> None:
    text = f'{ENVIRONMENT}[workspaces.w]\nenvironment = "production"\ntemplate = "."\nstate = "{state}"\n'
    assert load_settings(write(tmp_path, text)).workspace("w").state == state


def test_a_variable_file_may_lie_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "estate").mkdir()
    (tmp_path / "beside.tfvars").touch()
    (tmp_path / "both.tfvars").touch()
    (tmp_path / "estate/both.tfvars").touch()
    text = (
        f'{ENVIRONMENT}[workspaces.w]\nenvironment = "production"\ntemplate = "estate"\n'
        'var_files = ["beside.tfvars", "both.tfvars"]\n'
    )
    files = load_settings(write(tmp_path, text)).workspace("w").var_files
    assert files == (tmp_path / "beside.tfvars", tmp_path / "estate/both.tfvars")


def test_a_missing_folder_costs_only_its_workspace(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    file = write(
        tmp_path,
        f'{ENVIRONMENT}[workspaces.a]\nenvironment = "production"\ntemplate = "there"\n'
        '[workspaces.b]\nenvironment = "production"\ntemplate = "gone"\nvar_files = ["b.tfvars"]\n',
    )
    settings = load_settings(file)
    assert settings.missing_files("a") == ()
    folder, variables = settings.missing_files("b")
    assert str(folder) == f"{file}:9:1: the template folder of workspace 'b' does not exist or is no folder"
    assert str(variables).startswith(f"{file}:10:14: a variable file of workspace 'b'")
    (tmp_path / "gone").mkdir()
    assert len(settings.missing_files("b")) == 1


def test_an_unknown_workspace_gets_the_nearest(tmp_path: Path) -> None:
    text = f'{ENVIRONMENT}[workspaces.production]\nenvironment = "production"\ntemplate = "."\n'
    settings = load_settings(write(tmp_path, text))
    with pytest.raises(ConfigError, match="'prodution'") as caught:
        settings.workspace("prodution")
    assert caught.value.hint == "did you mean 'production'?"


def test_a_byte_order_mark_and_windows_lines_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "reconciler.toml"
    file.write_bytes(b"\xef\xbb\xbf[provider]\r\nconcurrency = 3\r\n")
    assert load_settings(file).provider.concurrency == 3


class TestEnvironment:
    def test_goes_before_the_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = write(tmp_path, "[provider]\nconcurrency = 3\nidle = 60\n")
        monkeypatch.setenv("RECONCILER_PROVIDER__CONCURRENCY", "7")
        monkeypatch.setenv("RECONCILER_DATABASE__URL", "postgresql://me:hunter2@db/reconciler")
        monkeypatch.setenv("RECONCILER_TERRAFORM__PLUGIN_MIRRORS", '["a", "/b"]')
        monkeypatch.setenv("RECONCILER_STATE_DIR", "/var/lib/elsewhere")
        file.chmod(0o644)  # the secret stands in the environment, not in the file
        settings = load_settings(file)
        assert settings.provider.concurrency == 7
        assert settings.provider.idle == dt.timedelta(seconds=60)
        assert settings.database.url is not None
        assert settings.terraform.plugin_mirrors == (tmp_path / "a", Path("/b"))
        assert settings.state_dir == Path("/var/lib/elsewhere")

    def test_finds_names_in_any_spelling(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        text = f'{ENVIRONMENT}[workspaces.Web-1]\nenvironment = "production"\ntemplate = "."\nvariables = {{ N = 1 }}\n'
        monkeypatch.setenv("RECONCILER_WORKSPACES__WEB_1__INTERVAL", "1h")
        monkeypatch.setenv("RECONCILER_WORKSPACES__WEB_1__VARIABLES__N", "2")
        workspace = load_settings(write(tmp_path, text)).workspace("Web-1")
        assert workspace.interval == dt.timedelta(hours=1)
        assert workspace.variables == {"N": "2"}

    @pytest.mark.parametrize(
        ("name", "value", "message", "hint"),
        [
            ("RECONCILER_DATABSE__URL", "hunter2", "names no section", "did you mean RECONCILER_DATABASE__…?"),
            ("RECONCILER_DATABASE__URLL", "hunter2", "unknown key urll in [database]", "did you mean 'url'?"),
            ("RECONCILER_PROVIDER__CONCURRENCY", "hunter2", "a whole number is expected", ""),
            ("RECONCILER_TERRAFORM__PLUGIN_MIRRORS", "[hunter2", "written as JSON", ""),
            ("RECONCILER_TERRAFORM__PLUGIN_MIRRORS", "hunter2", "a list is expected", ""),
        ],
    )
    def test_mistakes_name_the_variable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str, hint: str
    ) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(ConfigError) as caught:
            load_settings(write(tmp_path, ENVIRONMENT))
        assert str(caught.value.position) == name
        assert message in caught.value.message
        assert (caught.value.hint or "").startswith(hint)
        assert "hunter2" not in f"{caught.value} {caught.value.hint}"

    def test_other_variables_of_ours_are_left_alone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RECONCILER_TOKEN", "hunter2")
        assert load_settings(write(tmp_path, ENVIRONMENT)).environments.keys() == {"production"}


class TestStateDirectory:
    def test_is_systemds_where_it_gives_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/reconciler:/var/lib/other")
        assert default_state_dir() == Path("/var/lib/reconciler")

    def test_is_the_users_otherwise(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        assert default_state_dir() == tmp_path / "reconciler"

    def test_is_the_default(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        assert load_settings(write(tmp_path, "")).state_dir == tmp_path / "state/reconciler"


@pytest.mark.parametrize(
    ("text", "seconds"), [('"30s"', 30), ('"15m"', 900), ('"6h"', 21600), ('"1d"', 86400), ("2.5", 2.5), ('"90"', 90)]
)
def test_durations(tmp_path: Path, text: str, seconds: float) -> None:
    settings = load_settings(write(tmp_path, f"[service]\ninterval = {text}\n"))
    assert settings.service.interval == dt.timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ['"-5m"', "0", "nan", "inf", '"1 year"', "true", '"9000d"', '""'])
def test_no_durations(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="is expected"):
        load_settings(write(tmp_path, f"[service]\ninterval = {text}\n"))


def test_settings_can_be_made_in_code() -> None:
    settings = Settings.model_validate({"provider": {"concurrency": 2}})
    assert settings.provider.concurrency == 2
    assert settings.position("provider") is None


@pytest.mark.parametrize("named", ["credential", "apply_credential"])
@pytest.mark.parametrize(
    ("key", "value"),
    [("profile", "canary"), ("assume_role", "arn:aws:iam::123456789012:role/reader"), ("external_id", "canary")],
)
def test_a_named_credential_and_another_way_in_exclude_each_other(
    tmp_path: Path, named: str, key: str, value: str
) -> None:
    file = write(tmp_path, f'{ENVIRONMENT}{named} = "ci"\n{key} = "{value}"\n')
    with pytest.raises(ConfigError, match=f"{named} and {key} exclude each other") as raised:
        load_settings(file)
    assert raised.value.position is not None
    assert (raised.value.position.file, raised.value.position.line) == (str(file), 1)
    assert value not in str(raised.value)


def test_credentials_for_reading_and_for_applying(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, f'{ENVIRONMENT}credential = "read"\napply_credential = "apply"\n'))
    own = settings.environments["production"]
    assert (own.credential, own.apply_credential) == ("read", "apply")


def test_files_of_keys_count_from_the_configurations_folder(tmp_path: Path) -> None:
    text = '[vault]\nkey_file = "new"\nolder_key_files = ["old", "/etc/older"]\n'
    vault = load_settings(write(tmp_path, text)).vault
    assert vault.key_file == tmp_path / "new"
    assert vault.older_key_files == (tmp_path / "old", Path("/etc/older"))
