"""Settings: read once from the environment (`DERM_…`), passed by hand from there on."""

from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from derm_service import discretion

SHORTEST_TOKEN = 32
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Settings(BaseSettings):
    """Every setting of the service; the README lists them with their defaults."""

    model_config = SettingsConfigDict(env_prefix="DERM_", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str = ""

    data_dir: Path = Path("var")
    database_url: str = ""

    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_bucket_quarantine: str = "derm-quarantine"
    s3_bucket_record: str = "derm-record"
    s3_bucket_audit: str = "derm-audit"
    s3_audit_prefix: str = "audit"
    s3_web_access_key: str = ""
    s3_web_secret_key: SecretStr = SecretStr("")
    s3_worker_access_key: str = ""
    s3_worker_secret_key: SecretStr = SecretStr("")

    key_file: Path | None = None
    secret_key: SecretStr = SecretStr("")
    demonstration: bool = False

    crash_file: Path | None = None  # for tests: see crash.py
    worker_silent_seconds: int = Field(default=20, ge=2)
    session_idle_minutes: int = Field(default=30, ge=1)
    session_hours: int = Field(default=12, ge=1)
    organisation: str = "Community Dermatology Photography"
    contact_phone: str = "01632 960 001"
    contact_address: str = "Dermatology Photography Office, Community Hospital, Anytown AN1 1AA"
    urgent_contact: str = "the on-call dermatologist on 01632 960 002"
    auto_offers: bool = True
    offer_after_minutes: int = Field(default=10, ge=0)
    offer_hours_phone: int = Field(default=24, ge=1)
    offer_hours_sms: int = Field(default=24, ge=1)
    offer_hours_email: int = Field(default=48, ge=1)
    minimum_free_mb: int = Field(default=256, ge=0)

    text_sender: str = "NHS community appointments"
    notify_key: SecretStr = SecretStr("")
    notify_url: str = "https://api.notifications.service.gov.uk"
    notify_sms_template: str = ""
    notify_email_template: str = ""
    notify_callback_token: SecretStr = SecretStr("")
    notify_ask_after_seconds: int = Field(default=90, ge=1)

    @model_validator(mode="after")
    def _cookies_need_a_safe_line(self) -> Self:
        parts = urlsplit(self.address)
        if parts.scheme != "https" and (parts.hostname or "") not in LOOPBACK:
            raise ValueError(
                "DERM_PUBLIC_URL must start with https:// unless the service is reached on "
                "this machine only (127.0.0.1)."
            )
        return self

    @model_validator(mode="after")
    def _links_in_texts_are_discreet(self) -> Self:
        embedded = not self.database_url and "demonstration" not in self.model_fields_set
        if self.demonstration or embedded:
            return self
        if word := discretion.clinical_word(self.address):
            raise ValueError(
                f"DERM_PUBLIC_URL stands in every text with a link, and “{word}” in it tells "
                "others what the text is about: serve it under a name without a clinical word."
            )
        return self

    @model_validator(mode="after")
    def _the_key_lies_apart_from_the_data(self) -> Self:
        if self.demonstration or self.key_file is None:
            return self
        if self.key_file.resolve().is_relative_to(self.data_dir.resolve()):
            raise ValueError(
                "DERM_KEY_FILE lies inside DERM_DATA_DIR, so whoever takes the data takes the "
                "key: move it elsewhere, on a disk with another backup."
            )
        return self

    @model_validator(mode="after")
    def _notify_is_whole(self) -> Self:
        templates = self.notify_sms_template and self.notify_email_template
        if self.notify_key.get_secret_value() and not templates:
            raise ValueError(
                "DERM_NOTIFY_KEY needs DERM_NOTIFY_SMS_TEMPLATE and DERM_NOTIFY_EMAIL_TEMPLATE: "
                "the ids of two templates whose whole text is ((body))."
            )
        token = self.notify_callback_token.get_secret_value()
        if token and len(token) < SHORTEST_TOKEN:
            raise ValueError(
                f"DERM_NOTIFY_CALLBACK_TOKEN must have at least {SHORTEST_TOKEN} characters."
            )
        return self

    @model_validator(mode="after")
    def _only_a_demonstration_crashes(self) -> Self:
        if self.crash_file is not None and not self.demonstration:
            raise ValueError(
                "DERM_CRASH_FILE lets the service die on purpose, for tests: take it away, or set "
                "DERM_DEMONSTRATION=true."
            )
        return self

    @property
    def address(self) -> str:
        """The URL people use, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def secure_cookies(self) -> bool:
        """Cookies carry `Secure` whenever the line is https; loopback http is the exception."""
        return self.address.startswith("https://")

    @property
    def session_idle(self) -> timedelta:
        """How long a session lasts without a request."""
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def session_length(self) -> timedelta:
        """How long a session lasts at most."""
        return timedelta(hours=self.session_hours)
