"""Customers: the user pool and what belongs to it."""

from __future__ import annotations

from support.by_hand_harbour.wording import CRITICAL, HIGH, changed, deleted

from reconciler.sandbox.by_hand.change import Console

_I = "module.identity."


def _pool(console: Console) -> str:
    return str(console.aws("cognito-idp").list_user_pools(MaxResults=5)["UserPools"][0]["Id"])


def _loosen_client(console: Console) -> None:
    idp = console.aws("cognito-idp")
    pool = _pool(console)
    client = idp.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"][0]["ClientId"]
    known = idp.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    kept = ("AllowedOAuthFlows", "AllowedOAuthScopes", "AllowedOAuthFlowsUserPoolClient", "ExplicitAuthFlows")
    idp.update_user_pool_client(
        UserPoolId=pool,
        ClientId=client,
        CallbackURLs=[*known["CallbackURLs"], "https://evil.example/login"],
        **{name: known[name] for name in kept if name in known},
    )


def _strangers(console: Console) -> None:
    identity = console.aws("cognito-identity")
    pool = identity.list_identity_pools(MaxResults=5)["IdentityPools"][0]
    identity.update_identity_pool(
        IdentityPoolId=pool["IdentityPoolId"],
        IdentityPoolName=pool["IdentityPoolName"],
        AllowUnauthenticatedIdentities=True,
    )


def _weaken_passwords(console: Console) -> None:
    policy = {"MinimumLength": 6, "RequireUppercase": False, "TemporaryPasswordValidityDays": 3}
    console.aws("cognito-idp").update_user_pool(
        UserPoolId=_pool(console), Policies={"PasswordPolicy": policy}, MfaConfiguration="OPTIONAL"
    )


def _no_second_factor(console: Console) -> None:
    console.aws("cognito-idp").set_user_pool_mfa_config(UserPoolId=_pool(console), MfaConfiguration="OFF")


def _widen_scope(console: Console) -> None:
    console.aws("cognito-idp").update_resource_server(
        UserPoolId=_pool(console),
        Identifier="https://api.harbour.example",
        Name="api",
        Scopes=[{"ScopeName": "write", "ScopeDescription": "write everything"}],
    )


def _change_office(console: Console) -> None:
    console.aws("cognito-idp").update_identity_provider(
        UserPoolId=_pool(console),
        ProviderName="office",
        ProviderDetails={
            "client_id": "stranger",
            "client_secret": "a-secret-of-the-stranger",
            "authorize_scopes": "openid",
            "attributes_request_method": "GET",
            "oidc_issuer": "https://login.example.net",
        },
    )


CHANGES = (
    changed(
        "Customers' passwords may be short",
        _weaken_passwords,
        f"{_I}aws_cognito_user_pool.this",
        "password_policy",
        HIGH,
    ),
    changed(
        "No second factor for customers",
        _no_second_factor,
        f"{_I}aws_cognito_user_pool.this",
        "mfa_configuration|software_token_mfa_configuration",
        HIGH,
    ),
    changed(
        "Sign-in may end at a stranger's page",
        _loosen_client,
        f"{_I}aws_cognito_user_pool_client.web",
        "callback_urls",
        HIGH,
    ),
    changed(
        "Strangers get credentials",
        _strangers,
        f"{_I}aws_cognito_identity_pool.this",
        "allow_unauthenticated_identities",
        CRITICAL,
    ),
    deleted(
        "The group of administrators deleted",
        lambda c: c.aws("cognito-idp").delete_group(GroupName="admins", UserPoolId=_pool(c)),
        f"{_I}aws_cognito_user_group.admins",
    ),
    changed(
        "The captain's account disabled",
        lambda c: c.aws("cognito-idp").admin_disable_user(UserPoolId=_pool(c), Username="captain"),
        f"{_I}aws_cognito_user.captain",
        "enabled",
    ),
    changed(
        "The office's sign-in for customers sent elsewhere",
        _change_office,
        f"{_I}aws_cognito_identity_provider.office",
        "provider_details",
        HIGH,
    ),
)
