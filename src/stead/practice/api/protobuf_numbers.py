"""The numbers of the fields in Kubernetes' protobuf messages, by type: those that kubectl's commands send.

Source: the `generated.proto` files of `k8s.io/api` and `k8s.io/apimachinery`. A number that ends in `b` is of bytes, which JSON has in
base64. What stands in parentheses is a message of its own there, and part of the type around it in JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_WHOLE = "metadata=1 spec=2 status=3"
_PODS = "template=3 minReadySeconds=5"
_ACCESS = "resourceAttributes=1 nonResourceAttributes=2"
_NUMBERS: dict[str, str] = {
    "ObjectMeta": "name=1 generateName=2 namespace=3 uid=5 resourceVersion=6 generation=7 creationTimestamp=8 deletionTimestamp=9 "
    "deletionGracePeriodSeconds=10 labels=11 annotations=12 ownerReferences=13 finalizers=14",
    "OwnerReference": "kind=1 name=3 uid=4 apiVersion=5 controller=6 blockOwnerDeletion=7",
    "DeleteOptions": "gracePeriodSeconds=1 preconditions=2 orphanDependents=3 propagationPolicy=4 dryRun=5",
    "Preconditions": "uid=1 resourceVersion=2",
    "LabelSelector": "matchLabels=1 matchExpressions=2",
    "LabelSelectorRequirement": "key=1 operator=2 values=3",
    "Eviction": "metadata=1 deleteOptions=2",
    "Binding": "metadata=1 target=2",
    "ObjectReference": "kind=1 namespace=2 name=3 uid=4 apiVersion=5 resourceVersion=6 fieldPath=7",
    "LocalObjectReference": "name=1",
    "Namespace": _WHOLE,
    "NamespaceSpec": "finalizers=1",
    "ServiceAccount": "metadata=1 secrets=2 imagePullSecrets=3 automountServiceAccountToken=4",
    "ConfigMap": "metadata=1 data=2 binaryData=3b immutable=4",
    "Secret": "metadata=1 data=2b type=3 stringData=4 immutable=5",
    "Scale": _WHOLE,
    "ScaleSpec": "replicas=1",
    "SelfSubjectAccessReview": _WHOLE,
    "SubjectAccessReview": _WHOLE,
    "LocalSubjectAccessReview": _WHOLE,
    "SelfSubjectRulesReview": _WHOLE,
    "SelfSubjectReview": "metadata=1 status=2",
    "SelfSubjectAccessReviewSpec": _ACCESS,
    "SubjectAccessReviewSpec": f"{_ACCESS} user=3 groups=4 uid=6",
    "SelfSubjectRulesReviewSpec": "namespace=1",
    "ResourceAttributes": "namespace=1 verb=2 group=3 version=4 resource=5 subresource=6 name=7",
    "NonResourceAttributes": "path=1 verb=2",
    "Deployment": _WHOLE,
    "DeploymentSpec": f"replicas=1 selector=2 {_PODS} strategy=4 revisionHistoryLimit=6 paused=7 progressDeadlineSeconds=9",
    "DeploymentStrategy": "type=1 rollingUpdate=2",
    "RollingUpdateDeployment": "maxUnavailable=1 maxSurge=2",
    "PodTemplateSpec": "metadata=1 spec=2",
    "Pod": _WHOLE,
    "PodSpec": "volumes=1 containers=2 restartPolicy=3 terminationGracePeriodSeconds=4 activeDeadlineSeconds=5 dnsPolicy=6 nodeSelector=7 "
    "serviceAccountName=8 serviceAccount=9 nodeName=10 hostNetwork=11 hostPID=12 hostIPC=13 imagePullSecrets=15 hostname=16 "
    "subdomain=17 schedulerName=19 initContainers=20 automountServiceAccountToken=21 tolerations=22 priorityClassName=24 priority=25",
    "Toleration": "key=1 operator=2 value=3 effect=4 tolerationSeconds=5",
    "Container": "name=1 image=2 command=3 args=4 workingDir=5 ports=6 env=7 resources=8 volumeMounts=9 livenessProbe=10 "
    "readinessProbe=11 terminationMessagePath=13 imagePullPolicy=14 stdin=16 stdinOnce=17 tty=18 envFrom=19 "
    "terminationMessagePolicy=20 startupProbe=22",
    "ContainerPort": "name=1 hostPort=2 containerPort=3 protocol=4 hostIP=5",
    "EnvVar": "name=1 value=2 valueFrom=3",
    "EnvVarSource": "fieldRef=1 resourceFieldRef=2 configMapKeyRef=3 secretKeyRef=4",
    "ConfigMapKeySelector": "(LocalObjectReference)=1 key=2 optional=3",
    "SecretKeySelector": "(LocalObjectReference)=1 key=2 optional=3",
    "ObjectFieldSelector": "apiVersion=1 fieldPath=2",
    "EnvFromSource": "prefix=1 configMapRef=2 secretRef=3",
    "ConfigMapEnvSource": "(LocalObjectReference)=1 optional=2",
    "SecretEnvSource": "(LocalObjectReference)=1 optional=2",
    "ResourceRequirements": "limits=1 requests=2",
    "VolumeMount": "name=1 readOnly=2 mountPath=3 subPath=4 mountPropagation=5 subPathExpr=6",
    "Volume": "name=1 (VolumeSource)=2",
    "VolumeSource": "hostPath=1 emptyDir=2 secret=6 persistentVolumeClaim=10 configMap=19",
    "HostPathVolumeSource": "path=1 type=2",
    "EmptyDirVolumeSource": "medium=1 sizeLimit=2",
    "SecretVolumeSource": "secretName=1 items=2 defaultMode=3 optional=4",
    "ConfigMapVolumeSource": "(LocalObjectReference)=1 items=2 defaultMode=3 optional=4",
    "KeyToPath": "key=1 path=2 mode=3",
    "PersistentVolumeClaimVolumeSource": "claimName=1 readOnly=2",
    "Probe": "(ProbeHandler)=1 initialDelaySeconds=2 timeoutSeconds=3 periodSeconds=4 successThreshold=5 failureThreshold=6 "
    "terminationGracePeriodSeconds=7",
    "ProbeHandler": "exec=1 httpGet=2 tcpSocket=3",
    "ExecAction": "command=1",
    "HTTPGetAction": "path=1 port=2 host=3 scheme=4",
    "TCPSocketAction": "port=1 host=2",
    "Job": _WHOLE,
    "JobSpec": "parallelism=1 completions=2 activeDeadlineSeconds=3 selector=4 manualSelector=5 template=6 backoffLimit=7 "
    "ttlSecondsAfterFinished=8 completionMode=9 suspend=10",
    "CronJob": _WHOLE,
    "CronJobSpec": "schedule=1 startingDeadlineSeconds=2 concurrencyPolicy=3 suspend=4 jobTemplate=5 successfulJobsHistoryLimit=6 "
    "failedJobsHistoryLimit=7 timeZone=8",
    "JobTemplateSpec": "metadata=1 spec=2",
    "Service": _WHOLE,
    "ServiceSpec": "ports=1 selector=2 clusterIP=3 type=4 externalIPs=5 sessionAffinity=7 loadBalancerIP=8 loadBalancerSourceRanges=9 "
    "externalName=10 externalTrafficPolicy=11 healthCheckNodePort=12 publishNotReadyAddresses=13 ipFamilyPolicy=17 clusterIPs=18 "
    "ipFamilies=19 allocateLoadBalancerNodePorts=20 loadBalancerClass=21 internalTrafficPolicy=22",
    "ServicePort": "name=1 protocol=2 port=3 targetPort=4 nodePort=5 appProtocol=6",
    "Ingress": _WHOLE,
    "IngressSpec": "defaultBackend=1 tls=2 rules=3 ingressClassName=4",
    "IngressTLS": "hosts=1 secretName=2",
    "IngressRule": "host=1 (IngressRuleValue)=2",
    "IngressRuleValue": "http=1",
    "HTTPIngressRuleValue": "paths=1",
    "HTTPIngressPath": "path=1 backend=2 pathType=3",
    "IngressBackend": "resource=3 service=4",
    "IngressServiceBackend": "name=1 port=2",
    "ServiceBackendPort": "name=1 number=2",
    "PodDisruptionBudget": _WHOLE,
    "PodDisruptionBudgetSpec": "minAvailable=1 selector=2 maxUnavailable=3 unhealthyPodEvictionPolicy=4",
    "ResourceQuota": _WHOLE,
    "ResourceQuotaSpec": "hard=1 scopes=2",
    "PriorityClass": "metadata=1 value=2 globalDefault=3 description=4 preemptionPolicy=5",
    "Role": "metadata=1 rules=2",
    "ClusterRole": "metadata=1 rules=2 aggregationRule=3",
    "AggregationRule": "clusterRoleSelectors=1",
    "PolicyRule": "verbs=1 apiGroups=2 resources=3 resourceNames=4 nonResourceURLs=5",
    "RoleBinding": "metadata=1 subjects=2 roleRef=3",
    "ClusterRoleBinding": "metadata=1 subjects=2 roleRef=3",
    "Subject": "kind=1 apiGroup=2 name=3 namespace=4",
    "RoleRef": "apiGroup=1 kind=2 name=3",
    "HorizontalPodAutoscaler": _WHOLE,
    "autoscaling_v1.HorizontalPodAutoscalerSpec": "scaleTargetRef=1 minReplicas=2 maxReplicas=3 targetCPUUtilizationPercentage=4",
    "autoscaling_v2.HorizontalPodAutoscalerSpec": "scaleTargetRef=1 minReplicas=2 maxReplicas=3 metrics=4",
    "CrossVersionObjectReference": "kind=1 name=2 apiVersion=3",
    "MetricSpec": "type=1 resource=4",
    "ResourceMetricSource": "name=1 target=2",
    "MetricTarget": "type=1 value=2 averageValue=3 averageUtilization=4",
}


@dataclass(frozen=True, slots=True)
class Slot:
    """What stands at a number: a field by its name in JSON, or (`inline`) a message that holds more fields of the same type."""

    name: str
    raw: bool = False
    inline: bool = False


def of(name: str, module: str) -> Mapping[int, Slot] | None:
    """The fields of a type by number; None for a type that is not known here."""
    written = _NUMBERS.get(f"{module}.{name}") or _NUMBERS.get(name)
    return _slots(written) if written is not None else None


@lru_cache(maxsize=256)
def _slots(written: str) -> Mapping[int, Slot]:
    found: dict[int, Slot] = {}
    for part in written.split():
        name, _, number = part.partition("=")
        found[int(number.rstrip("b"))] = Slot(name.strip("()"), number.endswith("b"), name.startswith("("))
    return found
