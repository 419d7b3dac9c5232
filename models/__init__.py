"""The tables of the inventory, as SQLModel classes: one module per section of the seed, and our own beside them.

Shapes only. What is written when belongs to ``reconciler.inventory``; what a word means, to ``reconciler.drift``.
"""

from __future__ import annotations

from models.applications import Application
from models.backups import Backup
from models.base import Table
from models.cloud_providers import CloudProvider
from models.costs import ResourceCost
from models.coverage import UnknownResource
from models.credentials import Credential, VaultSecret
from models.dependencies import ResourceDependency
from models.deployments import Deployment
from models.dns import DnsRecord
from models.environments import Environment
from models.events import InfrastructureEvent
from models.findings import Finding
from models.iac_templates import IacTemplate
from models.ledger import LedgerRecord
from models.passes import Pass, PassWorkspace
from models.people import User
from models.plans import Plan, PlanApproval, WorkspaceLease
from models.resources import Resource
from models.workspaces import Workspace, WorkspaceResource

__all__ = [
    "Application",
    "Backup",
    "CloudProvider",
    "Credential",
    "Deployment",
    "DnsRecord",
    "Environment",
    "Finding",
    "IacTemplate",
    "InfrastructureEvent",
    "LedgerRecord",
    "Pass",
    "PassWorkspace",
    "Plan",
    "PlanApproval",
    "Resource",
    "ResourceCost",
    "ResourceDependency",
    "Table",
    "UnknownResource",
    "User",
    "VaultSecret",
    "Workspace",
    "WorkspaceLease",
    "WorkspaceResource",
]
