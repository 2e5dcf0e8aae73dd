"""Where secrets are kept on a machine: files that no command may show, and folders that hold such files.

The same list hides them in the sandbox that reads run in, so that a name which this overlooks (a link, another spelling) leads nowhere.
"""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase

from stead.domain.commands.classes import names

FOLDERS = (
    "/root",
    "/home/*/.ssh",
    "/home/*/.gnupg",
    "/home/*/.kube",
    "/home/*/.aws",
    "/home/*/.azure",
    "/home/*/.config",
    "/home/*/.docker",
    "/home/*/.local/share/keyrings",
    "/home/*/.password-store",
    "/etc/ssl/private",
    "/etc/pki/tls/private",
    "/etc/letsencrypt",
    "/etc/kubernetes",
    "/etc/rancher",
    "/etc/wireguard",
    "/etc/ipsec.d",
    "/etc/openvpn",
    "/etc/sudoers.d",
    "/etc/credstore",
    "/etc/credstore.encrypted",
    "/etc/NetworkManager/system-connections",
    "/etc/stead",
    "/etc/vault.d",
    "/etc/nomad.d",
    "/etc/consul.d",
    "/run/secrets",
    "/run/agenix",
    "/run/agenix.d",
    "/run/credentials",
    "/run/keys",
    "/run/user",
    "/var/run/secrets",
    "/var/lib/stead",
    "/var/lib/kubelet",
    "/var/lib/rancher",
    "/var/lib/etcd",
    "/var/lib/docker",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/nomad",
    "/var/lib/consul",
    "/var/lib/vault",
    "/var/lib/NetworkManager",
    "/var/lib/systemd/credential.secret",
    "/var/lib/private",
    "/var/lib/postgresql",
    "/var/lib/mysql",
    "/var/lib/redis",
    "/var/lib/ceph",
    "/var/lib/tailscale",
    "/etc/pve/priv",
    "/etc/apt/auth.conf.d",
    "/etc/grafana",
    "/etc/gitea",
    "/etc/gitlab",
    "/var/spool/cron",
    "/var/backups",
)
FILES = (
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/sudoers",
    "/etc/krb5.keytab",
    "/etc/ppp/chap-secrets",
    "/etc/ppp/pap-secrets",
    "/etc/mysql/debian.cnf",
    "/etc/security/opasswd",
    "/swapfile",
    "/swap.img",
)
NAMES = names(
    "smbpasswd sasl_passwd* passwd.client *msmtprc auth.conf *.keyring wpa_supplicant*.conf tailscaled.state iscsid.conf fetchmailrc "
    ".fetchmailrc "
    "nslcd.conf snmpd.conf wp-config.php debian.cnf "
    "shadow gshadow id_rsa id_dsa id_ecdsa id_ed25519 id_ecdsa_sk id_ed25519_sk ssh_host_*_key *.ppk *.key *key.pem privkey*.pem "
    "*.p12 *.pfx *.jks *.keystore *.keytab *.kdbx .env .env.* *.env .netrc .pgpass .my.cnf .vault-token .git-credentials .npmrc "
    ".pypirc .dockercfg .htpasswd *.htpasswd *_history *.tfstate *.tfstate.* *.tfvars kubeconfig* *.kubeconfig admin.conf super- "
    "admin.conf k3s.yaml credentials credentials.* *.credentials *secret* *password* token token.* *_token *-token *.token "
    "*tokens* wg*.conf *.nmconnection *.ovpn"
)
"""Names of files that hold secrets wherever they lie, matched without regard to case."""

_PRIVATE_PARTS = names(".ssh .gnupg .kube .aws .azure .docker .password-store .gcloud secrets agenix")
"""Folders that hold secrets wherever they lie."""
_PROCESS = re.compile(r"/proc/[^/]+(?:/task/[^/]+)?/(?:environ|mem|fd|fdinfo|root|cwd|map_files|maps|auxv|stack|syscall|exe)(?:/|$)")
_KERNEL = re.compile(r"/proc/(?:kcore|kallsyms|keys|key-users|kmsg|sysrq-trigger|self/attr.*|cmdline_secret)$")
_DEVICE = re.compile(r"/dev/(?!null$|zero$|urandom$|random$|full$|disk/|mapper$)")
"""Raw devices: whatever a disk or memory holds."""
_HARMLESS = ("/etc/ssl/certs",)
"""Where names look like those of secrets and are none: certificates of authorities."""


def is_secret(word: str) -> bool:
    """Whether a word names a file whose content is secret, or may lead to one. Words that are no paths have no secret in their name."""
    return any(_is_secret(path) for path in _spellings(word))


def holds_secrets(word: str) -> bool:
    """Whether what lies below a folder includes secrets."""
    places = (*FOLDERS, *FILES)
    return any(
        _is_secret(path) or path in ("/", "/proc", "/dev") or any(_within(place, path) for place in places) for path in _spellings(word)
    )


def _spellings(word: str) -> list[str]:
    """The word as a path, and what follows its `=`, `@` or `:` (`if=/etc/x`, `@/etc/x`, `host:/etc/x`, `file:///etc/x`)."""
    tails = [word, *(word.partition(mark)[2] for mark in "=@:" if mark in word)]
    return [_plain(tail) for tail in tails if tail]


def _plain(path: str) -> str:
    """Without `//`, `.`, `..`; a home without a name is root's, the strictest."""
    made = posixpath.normpath(path)
    made = re.sub(r"^//+", "/", made)
    return re.sub(r"^~[^/]*", "/home/x", made)


def _is_secret(path: str) -> bool:
    """Also of what an editor or a package leaves beside a file: `shadow-`, `id_rsa.old`, `token~`."""
    path = re.sub(r"(?:~|-|\.(?:bak|old|orig|save|backup|sw[op]|dpkg-\w+|rpm\w+|tmp|\d))+$", "", path) or path
    if any(path.startswith(f"{harmless}/") for harmless in _HARMLESS):
        return False
    name = posixpath.basename(path).casefold()
    if any(fnmatchcase(name, pattern.casefold()) for pattern in NAMES):
        return True
    if not _PRIVATE_PARTS.isdisjoint(path.casefold().split("/")):
        return True
    if _PROCESS.match(path) or _KERNEL.match(path) or _DEVICE.match(path):
        return True
    return any(_within(path, place) for place in (*FOLDERS, *FILES))


def _within(path: str, place: str) -> bool:
    """Whether a path is a place or lies in it; `*` in either stands for one name."""
    parts, wanted = path.split("/"), place.split("/")
    return len(parts) >= len(wanted) and all(fnmatchcase(a, b) or fnmatchcase(b, a) for a, b in zip(parts, wanted, strict=False))
