"""Keep how experiments are analysed, caps, explorations, and how far computations are."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0003_report_looks"),
        ("experiments", "0014_count_lists_by_who_served_them"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="analysis",
            name="attempt",
            field=models.PositiveSmallIntegerField(
                default=1, help_text="Above 1: asked for again since the one before failed."
            ),
        ),
        migrations.AddField(
            model_name="analysis",
            name="share",
            field=models.FloatField(default=0, help_text="How much of it is done, 0 to 1."),
        ),
        migrations.AddField(
            model_name="analysis",
            name="stage",
            field=models.CharField(
                blank=True, help_text="What is being computed, in words.", max_length=80
            ),
        ),
        migrations.CreateModel(
            name="AnalysisSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "alpha",
                    models.FloatField(
                        default=0.05,
                        help_text="The chance of a false claim that is accepted, e.g. 0.05.",
                    ),
                ),
                (
                    "correction",
                    models.CharField(
                        choices=[
                            ("holm", "Holm: no false claim, step by step"),
                            ("bonferroni", "Bonferroni: no false claim, all at once"),
                            ("dunnett", "Dunnett: every treatment against one control"),
                            ("benjamini_hochberg", "Benjamini–Hochberg: few false claims"),
                        ],
                        default="holm",
                        help_text="Of the primary metric, over the treatments.",
                        max_length=18,
                    ),
                ),
                (
                    "secondary_correction",
                    models.CharField(
                        choices=[
                            ("holm", "Holm: no false claim, step by step"),
                            ("bonferroni", "Bonferroni: no false claim, all at once"),
                            ("benjamini_hochberg", "Benjamini–Hochberg: few false claims"),
                        ],
                        default="benjamini_hochberg",
                        help_text="Of the secondary metrics, over metrics and treatments.",
                        max_length=18,
                    ),
                ),
                (
                    "uses_cuped",
                    models.BooleanField(
                        default=True,
                        help_text="Take out what a unit's 28 days before first exposure explain.",
                        verbose_name="use history (CUPED)",
                    ),
                ),
                (
                    "uses_winsor",
                    models.BooleanField(
                        default=True,
                        help_text="Count a unit up to the metric's cap; raw shown beside.",
                        verbose_name="cap extremes",
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("served", "served: from the first list that was delivered"),
                            ("viewed", "viewed: from the first list that the storefront saw shown"),
                        ],
                        default="served",
                        max_length=6,
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(80, "80 %"), (95, "95 %"), (99, "99 %")],
                        default=95,
                        help_text="The page shows the others too.",
                        verbose_name="range shown",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "experiment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="analysis_settings",
                        to="experiments.experiment",
                    ),
                ),
            ],
            options={
                "verbose_name": "analysis settings",
                "verbose_name_plural": "analysis settings",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("alpha__gte", 0.0001), ("alpha__lte", 0.5)),
                        name="analysis_settings_alpha_fraction",
                        violation_error_message="Alpha is a fraction from 0.0001 to 0.5.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Exploration",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phase", models.PositiveIntegerField()),
                ("settings", models.JSONField()),
                ("settings_hash", models.CharField(max_length=64)),
                ("data_cut_us", models.BigIntegerField()),
                ("code_version", models.CharField(max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("computing", "Computing"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=9,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        blank=True, help_text="What is being computed, in words.", max_length=80
                    ),
                ),
                (
                    "share",
                    models.FloatField(default=0, help_text="How much of it is done, 0 to 1."),
                ),
                ("results", models.JSONField(null=True)),
                ("moments", models.JSONField(default=dict)),
                ("sql", models.TextField(blank=True)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("name", models.CharField(max_length=200)),
                ("question", models.JSONField(default=dict)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "experiment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="explorations",
                        to="experiments.experiment",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "abstract": False,
                "indexes": [models.Index(fields=["experiment", "-id"], name="exploration_latest")],
            },
        ),
        migrations.CreateModel(
            name="FrozenCap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quantile", models.FloatField()),
                ("cap", models.BigIntegerField(null=True)),
                ("n_units", models.PositiveIntegerField()),
                ("from_us", models.BigIntegerField()),
                ("until_us", models.BigIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "experiment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="caps",
                        to="experiments.experiment",
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="analytics.metric",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("experiment", "metric", "quantile"), name="frozen_cap_once"
                    )
                ],
            },
        ),
    ]
