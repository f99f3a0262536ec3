{{/*
Names and labels. All are those of the chart "metallb" of v0.10-v0.12, whatever this chart is called: selectors cannot be
changed, and an object under another name would be another object.
*/}}

{{- define "metal-lb.name" -}}
{{- default "metallb" .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "metal-lb.fullname" -}}
{{- $name := default "metallb" .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "metal-lb.selectorLabels" -}}
app.kubernetes.io/name: {{ include "metal-lb.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "metal-lb.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "metal-lb.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* The ConfigMap that both programs read. */}}
{{- define "metal-lb.configMapName" -}}
{{- default (include "metal-lb.fullname" .) .Values.existingConfigMap -}}
{{- end -}}

{{/* The Secret with the key of the member list, which the controller creates. */}}
{{- define "metal-lb.secretName" -}}
{{- $default := printf "%s-memberlist" (include "metal-lb.fullname" .) -}}
{{- default $default .Values.speaker.secretName | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "metal-lb.controller.serviceAccountName" -}}
{{- $default := printf "%s-controller" (include "metal-lb.fullname" .) -}}
{{- with .Values.controller.serviceAccount -}}
{{- default (ternary $default "default" (not (not .create))) .name -}}
{{- end -}}
{{- end -}}

{{- define "metal-lb.speaker.serviceAccountName" -}}
{{- $default := printf "%s-speaker" (include "metal-lb.fullname" .) -}}
{{- with .Values.speaker.serviceAccount -}}
{{- default (ternary $default "default" (not (not .create))) .name -}}
{{- end -}}
{{- end -}}

{{/* Whether the programs read the resources of v0.13; else the ConfigMap alone. */}}
{{- define "metal-lb.resources" -}}
{{- if or .Values.crds.enabled (eq (default "" .Values.compat) "v0.13") -}}true{{- end -}}
{{- end -}}

{{/* What the controller does of the webhook; nothing where nobody would ask it. */}}
{{- define "metal-lb.webhookMode" -}}
{{- if or (include "metal-lb.resources" .) .Values.configMapWebhook.enabled -}}
{{- default "enabled" .Values.controller.webhookMode -}}
{{- end -}}
{{- end -}}

{{/* Whether this release answers the questions of the API server. */}}
{{- define "metal-lb.webhook" -}}
{{- $mode := include "metal-lb.webhookMode" . -}}
{{- if and .Values.controller.enabled $mode (ne $mode "disabled") -}}true{{- end -}}
{{- end -}}

{{/* The names of the original, of which there is one in a cluster whatever the release is called. */}}
{{- define "metal-lb.webhookService" -}}metallb-webhook-service{{- end -}}

{{/* The kinds of the resources, as the API server calls them. */}}
{{- define "metal-lb.kinds" -}}
[addresspools, bfdprofiles, bgpadvertisements, bgppeers, communities, ipaddresspools, l2advertisements]
{{- end -}}
