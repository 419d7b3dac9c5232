"""Who may do what: roles, users, groups, keys."""

from __future__ import annotations

from support.by_hand_harbour.wording import ACCOUNT, CRITICAL, EVERYTHING, HIGH, changed, deleted, for_everybody

from reconciler.sandbox.by_hand.change import Console

_I = "module.identity."
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.harbour.example"


def key(console: Console) -> str:
    """The id of the harbour's key."""
    return str(console.aws("kms").describe_key(KeyId="alias/harbour")["KeyMetadata"]["KeyId"])


def _trust_everybody(console: Console) -> None:
    console.aws("iam").update_assume_role_policy(
        RoleName="harbour-spare", PolicyDocument=for_everybody("sts:AssumeRole").replace(', "Resource": "*"', "")
    )


def _widen_berth(console: Console) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/harbour-berth"
    console.aws("iam").create_policy_version(PolicyArn=arn, PolicyDocument=EVERYTHING, SetAsDefault=True)


def _attach_berth(console: Console) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/harbour-berth"
    console.aws("iam").attach_user_policy(UserName="harbour-captain", PolicyArn=arn)


def _enrol_captain(console: Console) -> None:
    iam = console.aws("iam")
    iam.create_group(GroupName="harbour-officers")
    iam.add_user_to_group(GroupName="harbour-officers", UserName="harbour-captain")


def _wake_key(console: Console) -> None:
    iam = console.aws("iam")
    known = iam.list_access_keys(UserName="harbour-clerk")["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.update_access_key(UserName="harbour-clerk", AccessKeyId=known, Status="Inactive")


def _rename_account(console: Console) -> None:
    console.aws("iam").delete_account_alias(AccountAlias="harbour")


def _replace_saml(console: Console) -> None:
    iam = console.aws("iam")
    arn = iam.list_saml_providers()["SAMLProviderList"][0]["Arn"]
    text = iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"]
    document = text.replace("login.harbour.example", "login.example.net")
    iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=document)


def _open_key(console: Console) -> None:
    console.aws("kms").put_key_policy(KeyId=key(console), PolicyName="default", Policy=for_everybody("kms:*"))


def _move_alias(console: Console) -> None:
    kms = console.aws("kms")
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName="alias/harbour-spare", TargetKeyId=other)


def _disable_spare(console: Console) -> None:
    kms = console.aws("kms")
    for each in kms.list_keys()["Keys"]:
        if kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"]["Description"] == "harbour, spare":
            kms.disable_key(KeyId=each["KeyId"])


def _revoke_grant(console: Console) -> None:
    kms = console.aws("kms")
    for grant in kms.list_grants(KeyId=key(console))["Grants"]:
        kms.revoke_grant(KeyId=key(console), GrantId=grant["GrantId"])


CHANGES = (
    changed(
        "A role's trust opened to every account",
        _trust_everybody,
        f'{_I}aws_iam_role.this["spare"]',
        "assume_role_policy",
        CRITICAL,
    ),
    changed(
        "The administrator's policy attached to a role",
        lambda c: c.aws("iam").attach_role_policy(RoleName="harbour-service", PolicyArn=_ADMINISTRATOR),
        f'{_I}aws_iam_role.this["service"]',
        "managed_policy_arns",
        CRITICAL,
    ),
    changed(
        "The longest session of a role made twelve hours",
        lambda c: c.aws("iam").update_role(RoleName="harbour-service", MaxSessionDuration=43200),
        f'{_I}aws_iam_role.this["service"]',
        "max_session_duration",
    ),
    changed(
        "The crew allowed everything",
        lambda c: c.aws("iam").put_group_policy(GroupName="harbour-crew", PolicyName="read", PolicyDocument=EVERYTHING),
        f"{_I}aws_iam_group_policy.crew",
        "policy",
        CRITICAL,
    ),
    changed(
        "The captain allowed everything",
        lambda c: c.aws("iam").put_user_policy(
            UserName="harbour-captain", PolicyName="helm", PolicyDocument=EVERYTHING
        ),
        f"{_I}aws_iam_user_policy.captain",
        "policy",
        CRITICAL,
    ),
    changed(
        "The clerk's policy replaced by one that allows everything",
        _widen_berth,
        f"{_I}aws_iam_policy.berth",
        "policy",
        CRITICAL,
    ),
    changed(
        "The clerk's policy attached to the captain too",
        _attach_berth,
        f'{_I}aws_iam_user.this["captain"]',
        "managed_policy_arns",
        HIGH,
    ),
    changed(
        "The captain put into a group that nobody declared",
        _enrol_captain,
        f'{_I}aws_iam_user.this["captain"]',
        "groups",
        HIGH,
    ),
    changed(
        "The administrator's policy attached to the crew",
        lambda c: c.aws("iam").attach_group_policy(GroupName="harbour-crew", PolicyArn=_ADMINISTRATOR),
        f"{_I}aws_iam_group.crew",
        "managed_policy_arns",
        CRITICAL,
    ),
    changed(
        "A policy of his own that allows the clerk everything",
        lambda c: c.aws("iam").put_user_policy(UserName="harbour-clerk", PolicyName="mine", PolicyDocument=EVERYTHING),
        f'{_I}aws_iam_user.this["clerk"]',
        "inline_policy",
        CRITICAL,
    ),
    deleted(
        "The crew's right to read detached",
        lambda c: c.aws("iam").detach_group_policy(
            GroupName="harbour-crew", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"
        ),
        f"{_I}aws_iam_group_policy_attachment.crew",
    ),
    changed(
        "The clerk put off the crew",
        lambda c: c.aws("iam").remove_user_from_group(GroupName="harbour-crew", UserName="harbour-clerk"),
        f"{_I}aws_iam_group_membership.crew",
        "users",
        HIGH,
    ),
    changed("The clerk's key made inactive", _wake_key, f"{_I}aws_iam_access_key.clerk", "status", HIGH),
    changed(
        "The office's sign-in sent elsewhere",
        _replace_saml,
        f"{_I}aws_iam_saml_provider.office",
        "saml_metadata_document",
        HIGH,
    ),
    changed(
        "Passwords of six characters allowed",
        lambda c: c.aws("iam").update_account_password_policy(MinimumPasswordLength=6),
        f"{_I}aws_iam_account_password_policy.this",
        "minimum_password_length",
        HIGH,
    ),
    deleted("The account's name given up", _rename_account, f"{_I}aws_iam_account_alias.this"),
    changed(
        "The machines' role taken off their profile",
        lambda c: c.aws("iam").remove_role_from_instance_profile(
            InstanceProfileName="harbour", RoleName="harbour-service"
        ),
        f"{_I}aws_iam_instance_profile.this",
        "role",
        HIGH,
    ),
    changed("Everybody may use the key", _open_key, f"{_I}aws_kms_key_policy.this", "policy", CRITICAL),
    changed(
        "Rotation of the key switched off",
        lambda c: c.aws("kms").disable_key_rotation(KeyId=key(c)),
        f"{_I}aws_kms_key.this",
        "enable_key_rotation",
        HIGH,
    ),
    changed(
        "The spare key disabled",
        _disable_spare,
        f"{_I}aws_kms_key.spare",
        "is_enabled",
        HIGH,
    ),
    changed(
        "The company's authority disabled",
        lambda c: c.aws("acm-pca").update_certificate_authority(
            CertificateAuthorityArn=c.aws("acm-pca").list_certificate_authorities()["CertificateAuthorities"][0]["Arn"],
            Status="DISABLED",
        ),
        f"{_I}aws_acmpca_certificate_authority.this",
        "enabled",
        HIGH,
    ),
    changed(
        "The spare key's name given to another key", _move_alias, f"{_I}aws_kms_alias.spare", "target_key_id", HIGH
    ),
)
