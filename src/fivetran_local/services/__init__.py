"""The services that a connection can be of: read from `services.yaml`, each with the fields of its form and an icon."""

from fivetran_local.services.icons import icon
from fivetran_local.services.reading import SERVICES_FILE, read_services
from fivetran_local.services.service import Field, FieldKind, Service

__all__ = ["SERVICES_FILE", "Field", "FieldKind", "Service", "icon", "read_services"]
