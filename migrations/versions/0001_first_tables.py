"""first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "location",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address_lines", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("directions", sa.Text(), nullable=False),
        sa.Column("features", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("location_pkey")),
        sa.UniqueConstraint("name", name=op.f("location_name_key")),
    )
    op.create_table(
        "mobile_unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("mobile_unit_pkey")),
        sa.UniqueConstraint("name", name=op.f("mobile_unit_name_key")),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("nhs_number", sa.Text(), nullable=True),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("address_lines", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column(
            "contact_by",
            sa.Enum(
                "letter",
                "phone",
                "sms",
                "email",
                name="contact_by",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("contact_note", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("interpreter_needed", sa.Boolean(), nullable=False),
        sa.Column("ethnic_category", sa.Text(), nullable=False),
        sa.Column(
            "mobility",
            sa.Enum(
                "independent",
                "needs_help",
                "wheelchair",
                "hoist",
                "housebound",
                name="mobility",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("care_home", sa.Boolean(), nullable=False),
        sa.Column("has_device", sa.Boolean(), nullable=True),
        sa.Column("has_data", sa.Boolean(), nullable=True),
        sa.Column("digital_confidence", sa.Integer(), nullable=True),
        sa.Column("has_digital_helper", sa.Boolean(), nullable=True),
        sa.Column("gp_name", sa.Text(), nullable=False),
        sa.Column("gp_practice_code", sa.Text(), nullable=False),
        sa.Column("gp_address_lines", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("deceased_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "nhs_number ~ '^[0-9]{10}$'", name=op.f("patient_nhs_number_ten_digits")
        ),
        sa.CheckConstraint(
            "digital_confidence BETWEEN 1 AND 5", name=op.f("patient_digital_confidence_1_to_5")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("patient_pkey")),
    )
    op.create_index("patient_born_on_idx", "patient", ["born_on"], unique=False)
    op.create_index(
        "patient_nhs_number_key",
        "patient",
        ["nhs_number"],
        unique=True,
        postgresql_where=sa.text("nhs_number IS NOT NULL"),
    )
    op.create_table(
        "sealed_object",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("wrapped_keyset", sa.LargeBinary(), nullable=False),
        sa.Column("key_encryption_key", sa.Text(), nullable=False),
        sa.Column("sha256_plain", sa.Text(), nullable=False),
        sa.Column("sha256_cipher", sa.Text(), nullable=False),
        sa.Column("size_plain", sa.BigInteger(), nullable=False),
        sa.Column("size_cipher", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("sealed_object_pkey")),
        sa.UniqueConstraint("bucket", "key", name=op.f("sealed_object_bucket_key_key")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("intimate_images", sa.Boolean(), nullable=False),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("user_account_pkey")),
    )
    op.create_index(
        "user_account_email_key", "user_account", [sa.literal_column("lower(email)")], unique=True
    )
    op.create_table(
        "access_need",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column(
            "need",
            sa.Enum(
                "step_free",
                "hoist",
                "hearing_loop",
                "bsl",
                "large_print",
                "easy_read",
                "braille",
                "longer_appointment",
                "carer_present",
                "transport",
                "other",
                name="need",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("access_need_patient_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("access_need_pkey")),
        sa.UniqueConstraint("patient_id", "need", name=op.f("access_need_patient_id_need_key")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("api_token_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("api_token_pkey")),
        sa.UniqueConstraint("token_sha256", name=op.f("api_token_token_sha256_key")),
    )
    op.create_index(op.f("api_token_user_id_idx"), "api_token", ["user_id"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by_system", sa.Text(), nullable=True),
        sa.Column("by_roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "by_id IS NOT NULL OR by_system IS NOT NULL", name=op.f("audit_entry_somebody_did_it")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("audit_entry_by_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_entry_pkey")),
    )
    op.create_index("audit_entry_patient_id_idx", "audit_entry", ["patient_id", "id"], unique=False)
    op.create_index(
        "audit_entry_referral_id_idx", "audit_entry", ["referral_id", "id"], unique=False
    )
    op.create_index(
        "audit_entry_subject_idx", "audit_entry", ["subject_kind", "subject_id"], unique=False
    )
    op.create_table(
        "clinic",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("mobile_unit_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("clinic_ends_after_start")),
        sa.CheckConstraint(
            "slot_minutes BETWEEN 5 AND 240", name=op.f("clinic_slot_minutes_5_to_240")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("clinic_location_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["mobile_unit_id"], ["mobile_unit.id"], name=op.f("clinic_mobile_unit_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("clinic_pkey")),
    )
    op.create_index("clinic_starts_at_idx", "clinic", ["starts_at"], unique=False)
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("form", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("draft_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("draft_pkey")),
        sa.UniqueConstraint("user_id", "path", name=op.f("draft_user_id_path_key")),
    )
    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_reference", sa.Text(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "closed",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "priority",
            sa.Enum(
                "routine",
                "urgent",
                "urgent_suspected_cancer",
                name="priority",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_started_on", sa.Date(), nullable=False),
        sa.Column("clock_stopped_on", sa.Date(), nullable=True),
        sa.Column("referrer_name", sa.Text(), nullable=False),
        sa.Column("referrer_organisation", sa.Text(), nullable=False),
        sa.Column("referrer_phone", sa.Text(), nullable=False),
        sa.Column("history", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "withdrawn_reason",
            sa.Enum(
                "patient_wish",
                "referrer_wish",
                "duplicate",
                "wrong_patient",
                "seen_elsewhere",
                "deceased",
                name="withdrawn_reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)",
            name=op.f("referral_withdrawn_says_when"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("referral_created_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("referral_patient_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("referral_pkey")),
    )
    op.create_index("referral_patient_id_idx", "referral", ["patient_id"], unique=False)
    op.create_index(
        "referral_source_reference_key",
        "referral",
        ["source", "source_reference"],
        unique=True,
        postgresql_where=sa.text("source_reference IS NOT NULL"),
    )
    op.create_index(
        "referral_state_clock_idx", "referral", ["state", "clock_started_on"], unique=False
    )
    op.create_table(
        "resource",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "room",
                "photographer",
                "dermatoscope",
                "van",
                "interpreter",
                "chaperone",
                "hoist",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("mobile_unit_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("capacity > 0", name=op.f("resource_capacity_positive")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("resource_location_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["mobile_unit_id"], ["mobile_unit.id"], name=op.f("resource_mobile_unit_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("resource_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("resource_pkey")),
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("user_session_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("user_session_pkey")),
        sa.UniqueConstraint("token_sha256", name=op.f("user_session_token_sha256_key")),
    )
    op.create_index(op.f("user_session_user_id_idx"), "user_session", ["user_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["user_account.id"], name=op.f("claim_reader_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("claim_referral_id_fkey")
        ),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("claim_pkey")),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column(
            "purpose",
            sa.Enum(
                "record",
                "teaching",
                "publication",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column(
            "given_by",
            sa.Enum(
                "patient",
                "young_person",
                "parent",
                "attorney",
                "best_interests",
                name="given_by",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("giver_name", sa.Text(), nullable=False),
        sa.Column("giver_relation", sa.Text(), nullable=False),
        sa.Column(
            "best_interests",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("publication_name", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name=op.f("consent_recorded_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("consent_referral_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("consent_pkey")),
    )
    op.create_index(
        "consent_referral_id_purpose_idx", "consent", ["referral_id", "purpose"], unique=False
    )
    op.create_table(
        "lesion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site_code", sa.Text(), nullable=False),
        sa.Column(
            "laterality",
            sa.Enum(
                "left",
                "right",
                "midline",
                "bilateral",
                "not_applicable",
                name="laterality",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("site_note", sa.Text(), nullable=False),
        sa.Column("intimate", sa.Boolean(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("duration", sa.Text(), nullable=False),
        sa.Column("seven_point", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("seven_point_score", sa.Integer(), nullable=True),
        sa.Column("largest_diameter_mm", sa.Double(), nullable=True),
        sa.Column("is_referred", sa.Boolean(), nullable=False),
        sa.Column("added_reason", sa.Text(), nullable=False),
        sa.Column("added_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "awaiting_images",
                "awaiting_review",
                "opinion_signed",
                "told",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "unphotographed_reason",
            sa.Enum(
                "not_found",
                "healed",
                "declined",
                "not_reachable",
                "unsafe",
                name="unphotographed_reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("unphotographed_note", sa.Text(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("lesion_number_positive")),
        sa.CheckConstraint(
            "seven_point_score BETWEEN 0 AND 10", name=op.f("lesion_seven_point_0_to_10")
        ),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["user_account.id"], name=op.f("lesion_added_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("lesion_referral_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("lesion_pkey")),
        sa.UniqueConstraint("referral_id", "number", name=op.f("lesion_referral_id_number_key")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "appointment",
                "appointment_moved",
                "appointment_cancelled",
                "outcome_patient",
                "outcome_gp",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "addressee",
            sa.Enum(
                "patient",
                "gp",
                name="addressee",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "letter",
                "phone",
                "sms",
                "email",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "locked",
                "ready",
                "printed",
                "sent",
                "returned",
                "failed",
                "stopped",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("once_key", sa.Text(), nullable=False),
        sa.Column("lock_reason", sa.Text(), nullable=False),
        sa.Column("override_reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("message_referral_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("message_pkey")),
        sa.UniqueConstraint("once_key", name=op.f("message_once_key_key")),
    )
    op.create_index("message_referral_id_idx", "message", ["referral_id"], unique=False)
    op.create_index("message_state_idx", "message", ["state"], unique=False)
    op.create_table(
        "slot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("slot_ends_after_start")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("slot_clinic_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("slot_pkey")),
        sa.UniqueConstraint("clinic_id", "starts_at", name=op.f("slot_clinic_id_starts_at_key")),
    )
    op.create_index("slot_starts_at_idx", "slot", ["starts_at"], unique=False)
    op.create_table(
        "work_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "call_patient",
                "post_letter",
                "message_failed",
                "letter_returned",
                "retake_to_book",
                "needs_someone_today",
                "safety_alert",
                "tell_patient",
                "image_trouble",
                "rebook",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("once_key", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.Uuid(), nullable=True),
        sa.Column("done_how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["done_by_id"], ["user_account.id"], name=op.f("work_item_done_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("work_item_referral_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("work_item_pkey")),
    )
    op.create_index(
        "work_item_once_key",
        "work_item",
        ["once_key"],
        unique=True,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        "work_item_open_idx",
        "work_item",
        ["role", "due_on"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index("work_item_referral_id_idx", "work_item", ["referral_id"], unique=False)
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "booked",
                "checked_in",
                "completed",
                "not_attended",
                "cancelled",
                "moved",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "cancel_reason",
            sa.Enum(
                "patient_ill",
                "patient_cannot_come",
                "patient_declined",
                "no_transport",
                "no_interpreter",
                "staff_absent",
                "clinic_cancelled",
                "equipment_failed",
                "booked_in_error",
                "referral_withdrawn",
                "patient_died",
                name="cancel_reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "not_attended_reason",
            sa.Enum(
                "forgot",
                "ill",
                "arrived_too_late",
                "no_transport",
                "not_known",
                name="not_attended_reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("moved_to_id", sa.Uuid(), nullable=True),
        sa.Column("booked_by_id", sa.Uuid(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("patient_id"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("state IN ('booked', 'checked_in', 'completed')"),
            using="gist",
            name="appointment_patient_in_one_place",
        ),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancel_reason IS NOT NULL)",
            name=op.f("appointment_cancelled_says_why"),
        ),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("appointment_during_not_empty")),
        sa.ForeignKeyConstraint(
            ["booked_by_id"], ["user_account.id"], name=op.f("appointment_booked_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["moved_to_id"], ["appointment.id"], name=op.f("appointment_moved_to_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("appointment_patient_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=op.f("appointment_referral_id_fkey")
        ),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("appointment_slot_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("appointment_pkey")),
    )
    op.create_index(
        "appointment_one_waiting_per_referral",
        "appointment",
        ["referral_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('booked', 'checked_in')"),
    )
    op.create_index(
        op.f("appointment_referral_id_idx"), "appointment", ["referral_id"], unique=False
    )
    op.create_index("appointment_slot_id_idx", "appointment", ["slot_id"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "clinic",
                "visit",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "held",
                "confirmed",
                "released",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("resource_id"), "="),
            (sa.column("level"), "="),
            (sa.column("lane"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("state IN ('held', 'confirmed')"),
            using="gist",
            name="allocation_one_use_per_lane",
        ),
        sa.CheckConstraint(
            "(level = 'clinic') = (clinic_id IS NOT NULL AND appointment_id IS NULL)",
            name=op.f("allocation_belongs_to_its_level"),
        ),
        sa.CheckConstraint("NOT isempty(during)", name=op.f("allocation_during_not_empty")),
        sa.CheckConstraint("lane > 0", name=op.f("allocation_lane_positive")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("allocation_appointment_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("allocation_clinic_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resource.id"], name=op.f("allocation_resource_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("allocation_pkey")),
    )
    op.create_index("allocation_appointment_id_idx", "allocation", ["appointment_id"], unique=False)
    op.create_index("allocation_clinic_id_idx", "allocation", ["clinic_id"], unique=False)
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("identifiers", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("identity_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("identity_confirmed_by_id", sa.Uuid(), nullable=True),
        sa.Column("has_capacity", sa.Boolean(), nullable=True),
        sa.Column("consent_recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "chaperone",
            sa.Enum(
                "present",
                "declined_by_patient",
                name="chaperone",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("chaperone_name", sa.Text(), nullable=False),
        sa.Column("notes_for_reader", sa.Text(), nullable=False),
        sa.Column("needs_someone_today", sa.Text(), nullable=False),
        sa.Column("needs_someone_today_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("visit_appointment_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["finished_by_id"], ["user_account.id"], name=op.f("visit_finished_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["identity_confirmed_by_id"],
            ["user_account.id"],
            name=op.f("visit_identity_confirmed_by_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("visit_pkey")),
        sa.UniqueConstraint("appointment_id", name=op.f("visit_appointment_id_key")),
    )
    op.create_table(
        "image_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("lesion_id", sa.Uuid(), nullable=False),
        sa.Column("site_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("site_confirmed_by_id", sa.Uuid(), nullable=True),
        sa.Column("missing_views_reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesion_id"], ["lesion.id"], name=op.f("image_set_lesion_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["site_confirmed_by_id"],
            ["user_account.id"],
            name=op.f("image_set_site_confirmed_by_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("image_set_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("image_set_pkey")),
        sa.UniqueConstraint("visit_id", "lesion_id", name=op.f("image_set_visit_id_lesion_id_key")),
    )
    op.create_index(op.f("image_set_lesion_id_idx"), "image_set", ["lesion_id"], unique=False)
    op.create_table(
        "capture",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("image_set_id", sa.Uuid(), nullable=False),
        sa.Column(
            "view",
            sa.Enum(
                "overview",
                "close_up",
                "dermoscopic",
                name="view",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "announced",
                "receiving",
                "received",
                "checked",
                "filed",
                "set_aside",
                "erased",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "polarisation",
            sa.Enum(
                "polarised",
                "non_polarised",
                name="polarisation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "contact",
            sa.Enum(
                "contact",
                "non_contact",
                name="contact",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "immersion",
            sa.Enum(
                "gel",
                "alcohol",
                "water",
                "oil",
                "none",
                name="immersion",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("taken_by_id", sa.Uuid(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "set_aside_reason",
            sa.Enum(
                "retaken",
                "rejected",
                "changed_on_the_way",
                "wrong_lesion",
                name="set_aside_reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "kept_reason",
            sa.Enum(
                "best_possible",
                "patient_unable",
                "site_difficult",
                "gate_wrong",
                name="kept_reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("kept_note", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("camera", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column(
            "report", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("original_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'set_aside') = (set_aside_reason IS NOT NULL)",
            name=op.f("capture_set_aside_says_why"),
        ),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("capture_sha256_hex")),
        sa.CheckConstraint(
            "state <> 'filed' OR original_id IS NOT NULL", name=op.f("capture_filed_has_its_bytes")
        ),
        sa.CheckConstraint("size_bytes > 0", name=op.f("capture_size_positive")),
        sa.ForeignKeyConstraint(
            ["image_set_id"], ["image_set.id"], name=op.f("capture_image_set_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["original_id"], ["sealed_object.id"], name=op.f("capture_original_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["user_account.id"], name=op.f("capture_taken_by_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("capture_pkey")),
    )
    op.create_index("capture_image_set_id_idx", "capture", ["image_set_id"], unique=False)
    op.create_index("capture_sha256_idx", "capture", ["sha256"], unique=False)
    op.create_index("capture_state_idx", "capture", ["state"], unique=False)
    op.create_table(
        "opinion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lesion_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("image_set_id", sa.Uuid(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "reassure",
                "primary_care",
                "routine_f2f",
                "urgent_f2f",
                "usc_f2f",
                "direct_surgery",
                "other_specialty",
                "monitor",
                "second_opinion",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text_for_gp", sa.Text(), nullable=False),
        sa.Column("text_for_patient", sa.Text(), nullable=False),
        sa.Column("site_confirmed", sa.Boolean(), nullable=False),
        sa.Column("images_waived_reason", sa.Text(), nullable=False),
        sa.Column("signed_by_id", sa.Uuid(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("site_confirmed", name=op.f("opinion_site_was_confirmed")),
        sa.ForeignKeyConstraint(
            ["image_set_id"], ["image_set.id"], name=op.f("opinion_image_set_id_fkey")
        ),
        sa.ForeignKeyConstraint(["lesion_id"], ["lesion.id"], name=op.f("opinion_lesion_id_fkey")),
        sa.ForeignKeyConstraint(
            ["signed_by_id"], ["user_account.id"], name=op.f("opinion_signed_by_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("opinion_pkey")),
        sa.UniqueConstraint("lesion_id", "number", name=op.f("opinion_lesion_id_number_key")),
    )
    op.create_table(
        "addendum",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opinion_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "reassure",
                "primary_care",
                "routine_f2f",
                "urgent_f2f",
                "usc_f2f",
                "direct_surgery",
                "other_specialty",
                "monitor",
                "second_opinion",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("text_for_gp", sa.Text(), nullable=False),
        sa.Column("text_for_patient", sa.Text(), nullable=False),
        sa.Column("signed_by_id", sa.Uuid(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["opinion_id"], ["opinion.id"], name=op.f("addendum_opinion_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["signed_by_id"], ["user_account.id"], name=op.f("addendum_signed_by_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("addendum_pkey")),
    )
    op.create_index(op.f("addendum_opinion_id_idx"), "addendum", ["opinion_id"], unique=False)
    op.create_table(
        "chunk",
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("sealed_object_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["capture.id"], name=op.f("chunk_capture_id_fkey")),
        sa.ForeignKeyConstraint(
            ["sealed_object_id"], ["sealed_object.id"], name=op.f("chunk_sealed_object_id_fkey")
        ),
        sa.PrimaryKeyConstraint("capture_id", "start", name=op.f("chunk_pkey")),
    )
    op.create_table(
        "image_opened",
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["capture.id"], name=op.f("image_opened_capture_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["user_account.id"], name=op.f("image_opened_reader_id_fkey")
        ),
        sa.PrimaryKeyConstraint("capture_id", "reader_id", name=op.f("image_opened_pkey")),
    )
    op.create_table(
        "rendition",
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column(
            "size",
            sa.Enum(
                "1024",
                "3072",
                "full",
                "ers",
                name="size",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sealed_object_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["capture.id"], name=op.f("rendition_capture_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["sealed_object_id"], ["sealed_object.id"], name=op.f("rendition_sealed_object_id_fkey")
        ),
        sa.PrimaryKeyConstraint("capture_id", "size", name=op.f("rendition_pkey")),
    )
    op.create_table(
        "retake",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lesion_id", sa.Uuid(), nullable=False),
        sa.Column("image_set_id", sa.Uuid(), nullable=True),
        sa.Column("capture_id", sa.Uuid(), nullable=True),
        sa.Column("views", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "blurred",
                "exposure",
                "wrong_site",
                "missing_view",
                "obscured",
                "scale_missing",
                "other",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cardinality(views) > 0", name=op.f("retake_names_a_view")),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user_account.id"], name=op.f("retake_asked_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["capture.id"], name=op.f("retake_capture_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["image_set_id"], ["image_set.id"], name=op.f("retake_image_set_id_fkey")
        ),
        sa.ForeignKeyConstraint(["lesion_id"], ["lesion.id"], name=op.f("retake_lesion_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("retake_pkey")),
    )
    op.create_index(
        "retake_one_open_per_lesion",
        "retake",
        ["lesion_id"],
        unique=True,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "told",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("opinion_id", sa.Uuid(), nullable=False),
        sa.Column(
            "how",
            sa.Enum(
                "phone_call",
                "visit",
                "clinic",
                "letter",
                "proxy",
                name="how",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spoken_to", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["opinion_id"], ["opinion.id"], name=op.f("told_opinion_id_fkey")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user_account.id"], name=op.f("told_recorded_by_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("told_pkey")),
    )
    op.create_index(
        "told_once_per_opinion",
        "told",
        ["opinion_id"],
        unique=True,
        postgresql_where=sa.text("taken_back_at IS NULL"),
    )
    op.execute(
        """
        CREATE FUNCTION audit_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'audit rows are only ever added';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER audit_entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_only_grows()
        """
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index(
        "told_once_per_opinion",
        table_name="told",
        postgresql_where=sa.text("taken_back_at IS NULL"),
    )
    op.drop_table("told")
    op.drop_index(
        "retake_one_open_per_lesion",
        table_name="retake",
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.drop_table("retake")
    op.drop_table("rendition")
    op.drop_table("image_opened")
    op.drop_table("chunk")
    op.drop_index(op.f("addendum_opinion_id_idx"), table_name="addendum")
    op.drop_table("addendum")
    op.drop_table("opinion")
    op.drop_index("capture_state_idx", table_name="capture")
    op.drop_index("capture_sha256_idx", table_name="capture")
    op.drop_index("capture_image_set_id_idx", table_name="capture")
    op.drop_table("capture")
    op.drop_index(op.f("image_set_lesion_id_idx"), table_name="image_set")
    op.drop_table("image_set")
    op.drop_table("visit")
    op.drop_index("allocation_clinic_id_idx", table_name="allocation")
    op.drop_index("allocation_appointment_id_idx", table_name="allocation")
    op.drop_table("allocation")
    op.drop_index("appointment_slot_id_idx", table_name="appointment")
    op.drop_index(op.f("appointment_referral_id_idx"), table_name="appointment")
    op.drop_index(
        "appointment_one_waiting_per_referral",
        table_name="appointment",
        postgresql_where=sa.text("state IN ('booked', 'checked_in')"),
    )
    op.drop_table("appointment")
    op.drop_index("work_item_referral_id_idx", table_name="work_item")
    op.drop_index(
        "work_item_open_idx", table_name="work_item", postgresql_where=sa.text("done_at IS NULL")
    )
    op.drop_index(
        "work_item_once_key", table_name="work_item", postgresql_where=sa.text("done_at IS NULL")
    )
    op.drop_table("work_item")
    op.drop_index("slot_starts_at_idx", table_name="slot")
    op.drop_table("slot")
    op.drop_index("message_state_idx", table_name="message")
    op.drop_index("message_referral_id_idx", table_name="message")
    op.drop_table("message")
    op.drop_table("lesion")
    op.drop_index("consent_referral_id_purpose_idx", table_name="consent")
    op.drop_table("consent")
    op.drop_table("claim")
    op.drop_index(op.f("user_session_user_id_idx"), table_name="user_session")
    op.drop_table("user_session")
    op.drop_table("resource")
    op.drop_index("referral_state_clock_idx", table_name="referral")
    op.drop_index(
        "referral_source_reference_key",
        table_name="referral",
        postgresql_where=sa.text("source_reference IS NOT NULL"),
    )
    op.drop_index("referral_patient_id_idx", table_name="referral")
    op.drop_table("referral")
    op.drop_table("draft")
    op.drop_index("clinic_starts_at_idx", table_name="clinic")
    op.drop_table("clinic")
    op.drop_index("audit_entry_subject_idx", table_name="audit_entry")
    op.drop_index("audit_entry_referral_id_idx", table_name="audit_entry")
    op.drop_index("audit_entry_patient_id_idx", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index(op.f("api_token_user_id_idx"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_table("access_need")
    op.drop_index("user_account_email_key", table_name="user_account")
    op.drop_table("user_account")
    op.drop_table("sealed_object")
    op.drop_index(
        "patient_nhs_number_key",
        table_name="patient",
        postgresql_where=sa.text("nhs_number IS NOT NULL"),
    )
    op.drop_index("patient_born_on_idx", table_name="patient")
    op.drop_table("patient")
    op.drop_table("mobile_unit")
    op.drop_table("location")
    op.execute("DROP FUNCTION audit_entry_only_grows")
