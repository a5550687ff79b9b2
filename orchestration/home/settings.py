"""What a person sets, by environment or `.env`, and where things lie in the home.

The only place that reads or writes the environment. A secret is held as a `SecretStr`, so that no
message, log or traceback can print it.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from orchestration.home.errors import KoubeiError

PREFIX: Final = "KOUBEI_"
SHORTEST_KEY: Final = 16
ROOT: Final = Path(__file__).resolve().parents[2]


class SettingsError(KoubeiError):
    """A setting is wrong or missing; the message names it and says what to write."""


class Settings(BaseSettings):
    """All settings, and the paths of the home that follow from them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore"
    )

    home: Annotated[Path, Field(description="where everything is kept")] = Path(".koubei")
    exports: Annotated[
        str | None,
        Field(description="folder or fsspec URL of the channel exports; `exports` in the home"),
    ] = None
    channels: Annotated[
        Path | None,
        Field(
            description="a folder with a company's own contracts, beside the packaged ones; a file "
            "of the same name replaces one"
        ),
    ] = None
    timezone: Annotated[str, Field(description="the business zone; a home keeps its first")] = (
        "Asia/Shanghai"
    )
    hash_key: Annotated[
        SecretStr | None,
        Field(
            description="secret (16 characters or more) that identifiers are hashed with; keep it, "
            "a home works with one key only. `koubei demo` makes one"
        ),
    ] = None
    new_hash_key: Annotated[
        SecretStr | None,
        Field(
            description="the key that `koubei rotate-key` changes to; without it one is made and "
            "kept in `hash.key` of the home"
        ),
    ] = None
    schedule: Annotated[
        str, Field(description="cron line of the nightly refresh, business time; `koubei dev`")
    ] = "0 6 * * *"
    originals_days: Annotated[
        int, Field(ge=0, description="days that originals are kept, encrypted")
    ] = 90
    keep_publications: Annotated[
        int, Field(ge=1, description="publications that `koubei prune` leaves")
    ] = 7
    processes: Annotated[int, Field(ge=1, description="processes for a slow scorer")] = Field(
        default_factory=lambda: os.cpu_count() or 1
    )
    score_chunk: Annotated[
        int, Field(ge=1, description="texts that a slow scorer scores between commits")
    ] = 400
    scorers: Annotated[
        tuple[str, ...] | None, NoDecode, Field(description="scorers to run, by name; all if unset")
    ] = None
    snownlp_model: Annotated[
        Path | None,
        Field(description="a model that SnowNLP's own save() wrote: a file, or a folder of them"),
    ] = None
    cache: Annotated[
        Path | None,
        Field(description="folder for what can be computed again; 55 MB in `~/.cache/koubei`"),
    ] = None
    train_minimum: Annotated[
        int, Field(ge=20, description="negative and positive texts, of each, to train a model on")
    ] = 500
    neutral_minimum: Annotated[
        int, Field(ge=20, description="neutral texts for a class of their own")
    ] = 500
    free_space: Annotated[
        Literal["check", "ignore"], Field(description="whether free disk space is checked first")
    ] = "check"
    postgres_dsn: Annotated[
        SecretStr | None,
        Field(
            description="secret: a PostgreSQL (UTF-8) that gets every publication, as "
            "`postgresql://user:password@host:5432/db`; its user needs CREATE on the database"
        ),
    ] = None
    notify_urls: Annotated[
        SecretStr | None,
        Field(
            description="secret: apprise addresses that get what needs attention, such as "
            "`wecombot://KEY dingtalk://TOKEN feishu://TOKEN mailto://user:password@host`"
        ),
    ] = None

    @field_validator("home", "channels", "snownlp_model", "cache", mode="after")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().resolve() if path is not None else None

    @field_validator("channels", mode="after")
    @classmethod
    def _is_folder(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_dir():
            raise ValueError(f"{path} is not a folder")
        return path

    @field_validator("snownlp_model", mode="after")
    @classmethod
    def _is_there(cls, path: Path | None) -> Path | None:
        # SnowNLP's save() adds .3 to the name that it is given
        if path is not None and not (path.exists() or path.with_name(f"{path.name}.3").exists()):
            raise ValueError(f"{path} does not exist")
        return path

    @field_validator("timezone", mode="after")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is not a time zone such as Asia/Shanghai") from error
        return name

    @field_validator("hash_key", "new_hash_key", mode="after")
    @classmethod
    def _is_long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value().strip()) < SHORTEST_KEY:
            raise ValueError(f"the key is shorter than {SHORTEST_KEY} characters")
        return key

    @field_validator("schedule", mode="after")
    @classmethod
    def _is_cron(cls, schedule: str) -> str:
        if len(schedule.split()) != 5:
            raise ValueError(
                f"{schedule!r} is not a cron line of five fields, such as '0 6 * * *' (06:00 daily)"
            )
        return schedule

    @field_validator("scorers", mode="before")
    @classmethod
    def _listed(cls, names: object) -> object:
        if isinstance(names, str):
            return tuple(name.strip() for name in names.split(",") if name.strip())
        return names

    # ---------------------------------------------------------------- the home

    @property
    def exports_path(self) -> Path:
        """The home's own exports folder, whatever `KOUBEI_EXPORTS` says."""
        return self.home / "exports"

    @property
    def exports_url(self) -> str:
        """Where exports are looked for: `KOUBEI_EXPORTS`, else the home's own folder."""
        if not self.exports:
            return str(self.exports_path)
        is_url = "://" in self.exports or self.exports.startswith("file:")
        return self.exports if is_url else str(Path(self.exports).expanduser().resolve())

    @property
    def key_path(self) -> Path:
        """Where `koubei demo` keeps the key that it made."""
        return self.home / "hash.key"

    @property
    def keyring_path(self) -> Path:
        """The data key that identifiers are hashed with, sealed under the key."""
        return self.home / "keyring.json"

    @property
    def rotation_path(self) -> Path:
        """There while a change of the key is being finished."""
        return self.home / "rotation.json"

    @property
    def build_path(self) -> Path:
        """The folder of the build file."""
        return self.home / "build"

    @property
    def warehouse_path(self) -> Path:
        """The one DuckDB file that a refresh builds; readers use a publication instead."""
        return self.build_path / "warehouse.duckdb"

    @property
    def lock_path(self) -> Path:
        """Held by the one refresh that runs."""
        return self.build_path / "refresh.lock"

    @property
    def originals_path(self) -> Path:
        """Kept originals, by hash."""
        return self.home / "originals"

    @property
    def suppressions_path(self) -> Path:
        """Who was erased, as keyed hashes; it outlives every build."""
        return self.home / "suppressions.json"

    @property
    def notified_path(self) -> Path:
        """Which message went to which target."""
        return self.home / "notified.json"

    @property
    def published_path(self) -> Path:
        """Publications, and the pointer `current`."""
        return self.home / "published"

    @property
    def dbt_path(self) -> Path:
        """What dbt writes: manifest, partial parse, compiled SQL, logs."""
        return self.home / "dbt"

    @property
    def linked_project_path(self) -> Path:
        """The dbt project as dbt reads it: links to the project's own files, and generated ones."""
        return self.dbt_path / "project"

    @property
    def manifest_path(self) -> Path:
        """The manifest that dbt made of the project as it stands."""
        return self.dbt_path / "target" / "manifest.json"

    @property
    def dagster_path(self) -> Path:
        """Dagster's own home: runs, events, schedules."""
        return self.home / "dagster"

    @property
    def models_path(self) -> Path:
        """Models that `koubei train` made, by scorer and version."""
        return self.home / "models"

    @property
    def work_path(self) -> Path:
        """Decoded temporary files; wiped when a refresh starts."""
        return self.home / "work"

    @property
    def backups_path(self) -> Path:
        """What `koubei backup` writes."""
        return self.home / "backups"

    @property
    def logs_path(self) -> Path:
        """One log a refresh."""
        return self.home / "logs"

    @property
    def dbt_project_path(self) -> Path:
        """The dbt project that is built."""
        return ROOT / "dbt_project"

    @cached_property
    def key_bytes(self) -> bytes:
        """The secret that identifiers are hashed with; never print it.

        Raises:
            SettingsError: Neither `KOUBEI_HASH_KEY` nor the home's `hash.key` gives one.
        """
        if self.hash_key is not None:
            return self.hash_key.get_secret_value().strip().encode()
        try:
            key = self.key_path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise SettingsError(
                f"{PREFIX}HASH_KEY is not set and {self.key_path} does not exist: set it to a "
                "secret that stays the same (python -c 'import secrets; "
                "print(secrets.token_hex(32))' makes one), or try `koubei demo`"
            ) from None
        except OSError as error:
            raise SettingsError(f"{self.key_path} cannot be read: {error.strerror}") from None
        if len(key) < SHORTEST_KEY:
            raise SettingsError(
                f"{self.key_path} holds no key of at least {SHORTEST_KEY} characters; restore it "
                "from your backup (a new key cannot match what has landed)"
            )
        return key.encode()


def load_settings(**given: object) -> Settings:
    """Settings from the environment and `.env`; `given` ones win.

    Raises:
        SettingsError: One of them is wrong; the message names the variable.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        messages = []
        for problem in error.errors(include_input=False, include_url=False):
            name = PREFIX + str(problem["loc"][0]).upper() if problem["loc"] else "settings"
            messages.append(f"{name}: {problem['msg'].removeprefix('Value error, ')}")
        raise SettingsError("; ".join(messages)) from None


def prepare_environment(settings: Settings | None = None) -> None:
    """Turn telemetry off and point dbt and Dagster to the home.

    These libraries read the environment when they are imported or start a subprocess, so this runs
    before their first import.
    """
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    if settings is not None:
        os.environ["DAGSTER_HOME"] = str(settings.dagster_path)
        os.environ["KOUBEI_WAREHOUSE"] = str(settings.warehouse_path)
        os.environ["DBT_TARGET_PATH"] = str(settings.dbt_path / "target")
        os.environ["DBT_LOG_PATH"] = str(settings.dbt_path / "logs")
        os.environ["DBT_PROFILES_DIR"] = str(settings.dbt_project_path)
